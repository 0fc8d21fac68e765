import { spoilings, spoilPlane } from '../image/spoil-plane.js';
import { seeded } from '../image/seeded.js';
import type { DecodedImage, PixelPlane } from '../image/decoded-image.js';
import type { Embedder, Inference } from './embedder.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { normalisedRows } from './exact-neighbours.js';
import { GrowingMatrix } from './growing-matrix.js';
import { LowestHashes } from './lowest-hashes.js';
import type { EmbeddedPictures } from './novelty/detectors.js';
import { fitNovelty } from './novelty/fit-novelty.js';
import type { FittedNovelty, NoveltySample } from './novelty/fit-novelty.js';

/** Pictures that place the scores, at most. */
const mostSampled = 2000;

/**
 * Pictures that are spoilt in every way, at most: 64 times the ways are 900 inferences, and 64 MB
 * of planes. With 32 of 50, double exposures and degraded pictures were told by 0.05 less (AUROC).
 */
const mostSpoilt = 64;

/**
 * What a reference in the making keeps of its pictures to fit novelty on: bounded, whatever comes.
 * Of pictures that are to be spoilt it keeps the files, which are smaller than what is in them.
 */
export class NoveltyGathering {
  readonly #logits = new LowestHashes<Float32Array | undefined>(mostSampled);
  readonly #files = new LowestHashes<Uint8Array>(mostSpoilt);

  /** `row` is the picture's place among those that were measured. */
  offer(sha256: string, row: number, bytes: Uint8Array, inference: Inference): void {
    this.#logits.offer(sha256, row, () => inference.logits);
    this.#files.offer(sha256, row, () => bytes);
  }

  /** Rows of the sample, in its order. */
  rows(): readonly number[] {
    return this.#logits.sorted().map(({ row }) => row);
  }

  /**
   * Embeds spoilt copies and fits. `embeddings` are those of the sample, in its order; `nearest`
   * the leave-one-out distances of all rows. `spoilt` hears how many copies were embedded, of
   * how many; it and `turn` are awaited now and then, and may throw to end it.
   */
  async fit(whole: {
    readonly embeddings: EmbeddingMatrix;
    readonly nearest: Float64Array;
    readonly neighbours: number;
    /** Of all rows. */
    readonly labels: readonly (string | undefined)[];
    readonly decode: (bytes: Uint8Array) => Promise<DecodedImage>;
    readonly embedder: Embedder;
    readonly concurrency: number;
    readonly spoilt: (done: number, total: number) => Promise<void>;
    readonly turn: () => Promise<void>;
  }): Promise<{ readonly fitted: FittedNovelty; readonly rows: readonly number[] }> {
    const sampled = this.#logits.sorted();
    const rows = sampled.map(({ row }) => row);
    const logits = new GrowingMatrix();
    for (const { value } of sampled) if (value !== undefined) logits.append(value);
    const kept = logits.matrix();
    const spoilt = await this.#spoil(whole);
    const sample = {
      ordinary: picturesOf(whole.embeddings, kept?.rows === rows.length ? kept : undefined),
      classes: classesOf(rows.map((row) => whole.labels[row])),
      nearest: Float64Array.from(rows, (row) => whole.nearest[row] ?? Number.NaN),
      neighbours: whole.neighbours,
      ...spoilt,
    };
    const fitted = await fitNovelty(sample, whole.turn);
    return { fitted, rows };
  }

  async #spoil({
    decode,
    embedder,
    concurrency,
    spoilt,
  }: Pick<
    Parameters<NoveltyGathering['fit']>[0],
    'decode' | 'embedder' | 'concurrency' | 'spoilt'
  >): Promise<Pick<NoveltySample, 'spoilt' | 'spoiltBy'>> {
    const planes: { readonly hash: string; readonly value: PixelPlane }[] = [];
    for (const { hash, value } of this.#files.sorted()) {
      planes.push({ hash, value: (await decode(value)).plane });
    }
    const work = spoilings.flatMap((kind) => planes.map((_, source) => ({ kind, source })));
    const embeddings = new GrowingMatrix();
    const logits = new GrowingMatrix();
    // The next copies are made while these are looked at.
    const inWork: Promise<Inference>[] = [];
    const takeOldest = async () => {
      const inference = await inWork.shift();
      if (inference === undefined) return;
      embeddings.append(inference.embedding);
      if (inference.logits !== undefined) logits.append(inference.logits);
    };
    try {
      for (const [at, { kind, source }] of work.entries()) {
        const from = planes[source];
        const other = planes[(source + 1) % planes.length]?.value;
        if (from === undefined) continue;
        const random = uniform(Number.parseInt(from.hash.slice(0, 8), 16), spoilings.indexOf(kind));
        const inference = embedder.infer(spoilPlane(from.value, kind, random(), random, other));
        // It is awaited in its turn, which may come after another's failure.
        inference.catch(() => undefined);
        inWork.push(inference);
        if (inWork.length >= concurrency) await takeOldest();
        await spoilt(at + 1, work.length);
      }
      while (inWork.length > 0) await takeOldest();
    } finally {
      await Promise.allSettled(inWork);
    }
    const raw = embeddings.matrix();
    return {
      spoilt: raw === undefined ? undefined : picturesOf(raw, logits.matrix()),
      spoiltBy: work,
    };
  }
}

function picturesOf(raw: EmbeddingMatrix, logits: EmbeddingMatrix | undefined): EmbeddedPictures {
  return { raw, unit: { ...raw, values: normalisedRows(raw) }, logits };
}

function classesOf(labels: readonly (string | undefined)[]): Int32Array | undefined {
  const names = [...new Set(labels.flatMap((label) => label ?? []))].sort();
  if (names.length < 2) return undefined;
  return Int32Array.from(labels, (label) => (label === undefined ? -1 : names.indexOf(label)));
}

/** Uniform numbers in [0, 1), the same for the same two. */
function uniform(seed: number, stream: number): () => number {
  return seeded(Math.imul(seed ^ 0x9e37_79b9, 2 * stream + 1));
}
