import { plainMark } from '../../label/cvat/mark.js';
import type { CvatAttribute, CvatMark } from '../../label/cvat/mark.js';
import type { CvatImage } from '../../label/cvat/write-document.js';

/** What the API says of a task's pictures; labels and attributes are numbers there. */
export interface CvatAnnotations {
  readonly tags: readonly Tag[];
  readonly shapes: readonly Shape[];
  /** Objects that are followed through a video. */
  readonly tracks: readonly { readonly frame: number; readonly label_id: number }[];
}

interface Tag {
  readonly frame: number;
  readonly label_id: number;
  readonly group?: number | null | undefined;
  readonly attributes: readonly { readonly spec_id: number; readonly value: string }[];
}

interface Shape extends Tag {
  readonly type: string;
  readonly points: readonly number[];
  readonly rotation: number;
  readonly occluded: boolean;
  readonly outside: boolean;
  readonly z_order: number;
}

export interface CvatLabel {
  readonly id: number;
  readonly name: string;
  readonly attributes: readonly { readonly id: number; readonly name: string }[];
}

/** The marks of one frame. */
export function marksOf(
  { tags, shapes, tracks }: CvatAnnotations,
  labels: readonly CvatLabel[],
  frame: number,
  place: string,
): readonly CvatMark[] {
  const byId = new Map(labels.map((label) => [label.id, label]));
  const named = (id: number) => byId.get(id)?.name ?? `label ${id}`;
  const said = ({ label_id: id, attributes }: Tag): CvatAttribute[] => {
    const specs = new Map(byId.get(id)?.attributes.map((spec) => [spec.id, spec.name]));
    return attributes.map(({ spec_id: spec, value }) => ({
      name: specs.get(spec) ?? `attribute ${spec}`,
      value,
    }));
  };
  const here = <T extends { readonly frame: number }>(all: readonly T[]) =>
    all.filter((one) => one.frame === frame);
  const where = (type: string, id: number) => `${place}, ${type} '${named(id)}'`;
  return [
    ...here(tags).map((tag) => ({
      ...plainMark('tag', named(tag.label_id), [], said(tag)),
      group: tag.group ?? 0,
      where: where('tag', tag.label_id),
    })),
    ...here(shapes).map((shape) => ({
      type: shape.type,
      label: named(shape.label_id),
      points: shape.points,
      rotation: shape.rotation,
      occluded: shape.occluded,
      outside: shape.outside,
      zOrder: shape.z_order,
      group: shape.group ?? 0,
      attributes: said(shape),
      where: where(shape.type, shape.label_id),
    })),
    // They begin at a frame; of single pictures there should be none.
    ...here(tracks).map(({ label_id: id }) => ({
      ...plainMark('tag', named(id), [], []),
      type: 'track',
      where: where('track', id),
    })),
  ];
}

/** The marks of pictures as PUT /api/tasks/{id}/annotations takes them. */
export function annotationsOf(
  images: readonly CvatImage[],
  labels: readonly CvatLabel[],
  frameOf: (picture: string) => number | undefined,
) {
  const byName = new Map(labels.map((label) => [label.name, label]));
  const all = images.flatMap(({ name, marks }) => {
    const frame = frameOf(name);
    return frame === undefined ? [] : marks.map((mark) => ({ frame, mark }));
  });
  const shared = ({ frame, mark }: (typeof all)[number]) => {
    const label = byName.get(mark.label);
    return {
      frame,
      label_id: label?.id,
      group: 0,
      source: 'auto',
      attributes: mark.attributes.map(({ name, value }) => ({
        spec_id: label?.attributes.find((spec) => spec.name === name)?.id,
        value,
      })),
    };
  };
  return {
    version: 0,
    tags: all.filter(({ mark }) => mark.type === 'tag').map(shared),
    shapes: all
      .filter(({ mark }) => mark.type !== 'tag')
      .map((one) => ({
        ...shared(one),
        type: one.mark.type,
        points: one.mark.points,
        rotation: 0,
        occluded: false,
        outside: false,
        z_order: 0,
      })),
    tracks: [],
  };
}
