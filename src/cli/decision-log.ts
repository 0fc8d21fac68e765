import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Mined } from '../mine/pipeline.js';

/** Every decision as one line of JSON, also of the events that were passed. */
export interface DecisionLog {
  write(mined: Mined): void;
  close(): Promise<void>;
}

export async function openDecisionLog(path: string): Promise<DecisionLog> {
  await mkdir(dirname(path), { recursive: true });
  const stream = createWriteStream(path);
  await once(stream, 'open');
  return {
    write: (mined) => stream.write(`${JSON.stringify(line(mined))}\n`),
    async close() {
      if (!stream.writableEnded) stream.end();
      await finished(stream);
    },
  };
}

function line({ event, scores, decision, outcome }: Mined) {
  const { eventId, sourceId, modelName, modelVersion, occurredAt } = event;
  return {
    eventId,
    sourceId,
    modelName,
    modelVersion,
    occurredAt: new Date(occurredAt).toISOString(),
    outcome,
    decision,
    signals: Object.fromEntries(
      scores.signals.map(
        ({ name, raw, edgeScore, flagged, surprise, limit, explanation, cause }) => [
          name,
          // What is undefined is left out.
          { raw, edgeScore, flagged, surprise, limit, explanation, cause },
        ],
      ),
    ),
    absent: Object.fromEntries(scores.absent.map(({ name, why }) => [name, why])),
  };
}
