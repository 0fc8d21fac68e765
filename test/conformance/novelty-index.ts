import { afterEach, expect, it } from 'vitest';
import { rowOf } from '../../src/score/embedding-matrix.js';
import type { EmbeddingMatrix } from '../../src/score/embedding-matrix.js';
import { normalisedRows } from '../../src/score/exact-neighbours.js';
import { detect, fitDetectors } from '../../src/score/novelty/detectors.js';
import type { EmbeddedPictures } from '../../src/score/novelty/detectors.js';
import { meanDistance } from '../../src/score/novelty/embedding-distance.js';
import type { NoveltyIndex, OpenNoveltyIndex } from '../../src/score/novelty/novelty-index.js';
import { noveltyMethods } from '../../src/score/novelty/novelty-methods.js';
import { seeded } from '../fixtures/planes.js';

const rows = 60;
const dimensions = 24;

/** What NoveltyIndex promises besides NeighbourIndex. Call it inside a `describe`. */
export function noveltyIndexSuite(openIndex: OpenNoveltyIndex): void {
  const random = seeded(11);
  const some = (count: number, width: number): EmbeddingMatrix => ({
    rows: count,
    dimensions: width,
    values: Float32Array.from({ length: count * width }, () => random() + 0.1),
  });
  const pictures = (count: number): EmbeddedPictures => {
    const raw = some(count, dimensions);
    return { raw, unit: { ...raw, values: normalisedRows(raw) }, logits: some(count, 10) };
  };
  const ordinary = pictures(rows);
  const detectors = fitDetectors({
    ordinary,
    classes: undefined,
    spoilt: pictures(20),
    kinds: Array.from({ length: 20 }, (_, row) => (row % 2 === 0 ? 'dark' : 'mixed')),
  });
  const asked = pictures(40);
  const logitsOf = (row: number) =>
    asked.logits === undefined || row % 3 === 0 ? undefined : rowOf(asked.logits, row);

  const open: NoveltyIndex[] = [];
  const opened = async (...[matrix, found]: Parameters<OpenNoveltyIndex>) => {
    const index = await openIndex(matrix, found);
    open.push(index);
    return index;
  };
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
  });

  it('finds what nearest finds, and detects what the detectors make of it', async () => {
    const index = await opened(ordinary.raw, detectors);
    // Of several lengths at once, with logits and without, and with others that are not looked at.
    const [looks, nearests] = await Promise.all([
      Promise.all(
        Array.from({ length: asked.raw.rows }, (_, row) =>
          index.look(rowOf(asked.raw, row), logitsOf(row), 1 + (row % 6)),
        ),
      ),
      Promise.all(
        Array.from({ length: asked.raw.rows }, (_, row) =>
          index.nearest(rowOf(asked.raw, row), 1 + (row % 6)),
        ),
      ),
    ]);
    for (const [row, { neighbours, detected }] of looks.entries()) {
      expect(neighbours).toEqual(nearests[row]);
      expect(neighbours).toHaveLength(1 + (row % 6));
      const own = detect(detectors, rowOf(asked.raw, row), logitsOf(row), meanDistance(neighbours));
      expect(detected?.scores).toHaveLength(noveltyMethods.length);
      for (const [at, score] of own.scores.entries()) {
        if (Number.isNaN(score)) expect(detected?.scores[at]).toBeNaN();
        else expect(detected?.scores[at]).toBeCloseTo(score, 6);
      }
      expect([...(detected?.towards ?? [])]).toEqual([...own.towards]);
    }
  });

  it('gives answers that later ones do not change', async () => {
    const index = await opened(ordinary.raw, detectors);
    const first = await index.look(rowOf(asked.raw, 0), undefined, 3);
    const kept = structuredClone(first);
    for (let row = 1; row < 5; row += 1) await index.look(rowOf(asked.raw, row), undefined, 3);
    expect(first).toEqual(kept);
  });

  it('detects nothing without detectors, and where no neighbour is asked for', async () => {
    const without = await opened(ordinary.raw, undefined);
    const plain = await without.look(rowOf(asked.raw, 1), undefined, 2);
    expect(plain.neighbours).toHaveLength(2);
    expect(plain.detected).toBeUndefined();
    const index = await opened(ordinary.raw, detectors);
    expect(await index.look(rowOf(asked.raw, 1), undefined, 0)).toEqual({
      neighbours: [],
      detected: undefined,
    });
  });

  it('refuses an embedding of another length', async () => {
    const index = await opened(ordinary.raw, detectors);
    await expect(index.look(new Float32Array(3), undefined, 1)).rejects.toThrow(/has 3 values/);
  });

  it('closes twice, whatever is looked at', async () => {
    const index = await opened(ordinary.raw, detectors);
    const asked = index.look(new Float32Array(dimensions), undefined, 1).catch(() => undefined);
    await index.close();
    await index.close();
    await asked;
  });
}
