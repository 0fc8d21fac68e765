import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openOnnxScore } from '../../../src/adapters/onnx/onnx-score.js';
import type { OnnxScore } from '../../../src/adapters/onnx/onnx-score.js';
import { OutOfTime } from '../../../src/score/own/time-limit.js';

/* A model that counts as far as it is told, so that its inference takes as long as it should. */

const file = fileURLToPath(new URL('../../fixtures/scores/counts.onnx', import.meta.url));

let score: OnnxScore | undefined;
afterEach(() => score?.close());

/** Some hundred milliseconds at least, and not many seconds. */
const long = Float32Array.of(400_000);

describe('an ONNX score that is late', () => {
  it('is waited for no longer, and measures again once it is done', async () => {
    score = await openOnnxScore({ file, picture: undefined, measureMs: 20 });
    const queued = [score.measure(long), score.measure(Float32Array.of(1))];
    const [late, next] = await Promise.allSettled(queued);
    expect(late).toMatchObject({
      reason: new OutOfTime(`gave no measurement within 0.02 s (${file})`),
    });
    expect(next).toMatchObject({
      reason: { message: 'it is still at a picture that it is late with' },
    });
    await expect
      .poll(() => score?.measure(Float32Array.of(3)).catch(() => 'still at it'), {
        timeout: 50_000,
      })
      .toBe(3);
  });

  it('is let finish by close', async () => {
    score = await openOnnxScore({ file, picture: undefined, measureMs: 20 });
    await expect(score.measure(long)).rejects.toBeInstanceOf(OutOfTime);
    await score.close();
    await expect(score.measure(Float32Array.of(1))).rejects.toThrow('closed');
  });
});
