import { expect, it } from 'vitest';
import { eventId, modelName, modelVersion, referenceId, sourceId } from '../ids.js';
import type { Mined } from './pipeline.js';
import { SummaryCounter } from './summary.js';
import { tellOfMined } from './tell-of-mined.js';

const mined = (absent: Mined['scores']['absent'], reference = true): Mined => ({
  event: {
    eventId: eventId('e'),
    occurredAt: 0,
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    sourceId: sourceId('s'),
    image: { kind: 'inline', bytes: Uint8Array.of(0) },
    predictions: { kind: 'none' },
    tags: {},
  },
  scores: { signals: [], absent },
  decision: {
    kind: 'pass',
    policy: 'default',
    reference: reference ? referenceId('r') : 'no-reference',
    inclusionProbability: 0.1,
  },
  outcome: 'passed',
});

it('counts what could not be compared with the reference, each event once', () => {
  const counter = new SummaryCounter();
  const why = 'embedding-size-differs';
  tellOfMined(
    mined([
      { name: 'embedding-distance', why },
      { name: 'out-of-distribution', why },
    ]),
    counter,
  );
  tellOfMined(mined([], false), counter);
  tellOfMined(mined([{ name: 'margin', why: 'no-predictions' }]), counter);
  expect(counter.summary(1)).toMatchObject({
    events: 3,
    embeddingsThatDiffer: 1,
    withoutReference: 1,
  });
});
