import { relative, sep } from 'node:path';
import { walkPictures } from './walk-pictures.js';

/** What lies below a directory of pictures, and what files about them say of none. */
export interface PictureSurvey {
  readonly pictures: number;
  readonly passedOver: readonly PassedOver[];
  /** One for each file that names what is no picture there. */
  readonly unmatched: readonly Unmatched[];
}

/** Files that are no pictures that edgeminer reads, of one kind. */
export interface PassedOver {
  /** See `OtherFile`. */
  readonly what: string;
  readonly count: number;
  /** Relative to the directory, as all paths here. */
  readonly example: string;
}

export interface Unmatched {
  readonly file: string;
  /** Paths in it that are no picture. */
  readonly count: number;
  /** Paths in it. */
  readonly of: number;
  readonly example: string;
}

/** A file about pictures, and the paths that it names. */
export interface FileAbout {
  readonly file: string;
  readonly paths: Iterable<string>;
}

/**
 * Walks a directory once, before its pictures are read.
 * @throws EdgeminerError as `walkPictures` does.
 */
export async function surveyPictures(
  directory: string,
  about: readonly FileAbout[] = [],
): Promise<PictureSurvey> {
  const known = about.map(({ file, paths }) => {
    const left = new Set(paths);
    return { file, of: left.size, left };
  });
  // They may lie beside the pictures, and nobody takes them for some.
  const own = new Set(known.map(({ file }) => relative(directory, file).split(sep).join('/')));
  const others = new Map<string, { count: number; readonly example: string }>();
  let pictures = 0;
  const walk = walkPictures(directory, ({ path, what }) => {
    if (own.has(path)) return;
    const kind = others.get(what);
    if (kind === undefined) others.set(what, { count: 1, example: path });
    else kind.count += 1;
  });
  for await (const path of walk) {
    pictures += 1;
    for (const { left } of known) left.delete(path);
  }
  return {
    pictures,
    passedOver: [...others].map(([what, kind]) => ({ what, ...kind })),
    unmatched: known.flatMap(({ file, of, left }) => {
      const [example] = left;
      return example === undefined ? [] : [{ file, count: left.size, of, example }];
    }),
  };
}
