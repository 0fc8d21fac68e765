import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../services/python.js';
import { decodeNpy, encodeNpy } from '../../src/score/npy.js';

describeWithPython('npy and NumPy', (python) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-npy-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const arrays = [
    { shape: [3], values: Float32Array.of(1.5, -0, Number.NaN) },
    { shape: [2, 3], values: Float64Array.of(1, 2, 3, 1e-300, Number.NaN, Infinity) },
    { shape: [0, 4], values: new Float64Array(0) },
  ] as const;

  it.each(arrays)('agree on the bytes of shape $shape', async ({ shape, values }) => {
    const ours = join(folder, 'ours.npy');
    const theirs = join(folder, 'theirs.npy');
    await writeFile(ours, encodeNpy({ shape, values }));
    const script =
      'import sys, numpy; a = numpy.load(sys.argv[1]); numpy.save(sys.argv[2], a); ' +
      'print(a.dtype.str, a.shape)';
    const { stdout } = await promisify(execFile)(python(), ['-c', script, ours, theirs]);

    const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
    expect(stdout.trim()).toBe(`${values instanceof Float32Array ? '<f4' : '<f8'} ${tuple}`);
    expect(decodeNpy(await readFile(theirs), 'theirs.npy')).toEqual({ shape, values });
  });
});
