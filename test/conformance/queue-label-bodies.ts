import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LabelBody } from '../../src/label/label.js';
import { verifyChain } from '../../src/queue/audit.js';
import { anyBody, anyLabelSet } from '../fixtures/label-arbitraries.js';
import { asOffers, candidate, request, start } from './candidate.js';
import type { Opened } from './relabel-queue.js';

/** Every kind of label comes back to the last digit, from opinions and from labels. */
export function labelBodyObligations(opened: Opened): void {
  const kinds: readonly LabelBody['kind'][] = ['class', 'classes', 'boxes', 'polygons'];

  it.each(kinds)('gives back labels of kind %s as they were given', async (kind) => {
    const { queue, audit } = opened();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(anyLabelSet(kind).chain(anyBody), async (body) => {
        n += 1;
        await queue.offer(asOffers([candidate(n)]), start);
        const { batchId } = request(`batch ${n}`, 1);
        const [task] = await queue.lease(request(batchId, 1), start);
        if (task === undefined) throw new Error('the task is free');
        const claim = { taskId: task.id, batchId, fence: task.fence };
        await queue.complete(claim, { kind: 'label', body, labelSet: 'made@3' }, start + 1);
        const found = await queue.find(task.id);
        expect(found?.label?.body).toEqual(body);
        expect(found?.opinions.map((opinion) => opinion.body)).toEqual([body]);
        const chain = await audit.audited(task.id);
        expect(chain && verifyChain(chain)).toMatchObject({ kind: 'whole' });
      }),
      { numRuns: 25 },
    );
  });
}
