/**
 * Scores the light and quality of every picture of a folder, and says how fast and in how much
 * memory: a line of JSON, as scripts/cleanvision_run.py. Started by bench/quality.ts as a process
 * of its own, so that nothing but this work is in its memory.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { decodeImage } from '../src/image/decode.js';
import { scorers } from '../src/score/registry.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('Give a folder of pictures.');
const files = (await readdir(folder)).sort();
const limit = pLimit(4);
const start = performance.now();
let unusual = 0;
await Promise.all(
  files.map((file) =>
    limit(async () => {
      const { plane } = await decodeImage(await readFile(join(folder, file)), {
        maxPixels: 50_000_000,
      });
      const found = scorers.some((scorer) => {
        if (scorer.looksAt !== 'pixels') return false;
        const measured = scorer.measure({
          plane,
          predictions: { kind: 'none' },
          predictionsBy: 'producer',
          neighbours: 'no-reference',
        });
        return measured.kind === 'measured' && scorer.uncalibrated(measured.raw) >= 0.5;
      });
      if (found) unusual += 1;
    }),
  ),
);
const seconds = (performance.now() - start) / 1000;
const peakKiB = process.resourceUsage().maxRSS;
process.stdout.write(
  `${JSON.stringify({ pictures: files.length, flagged: unusual, seconds, peakKiB })}\n`,
);
