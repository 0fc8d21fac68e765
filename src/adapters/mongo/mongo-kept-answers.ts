import { Binary } from 'mongodb';
import type { Db } from 'mongodb';
import type { KeptAnswers, KeyedRequest } from '../../http/kept-answers.js';
import { durable, guarded } from './content-addressed-bucket.js';
import { isDuplicateKey } from './mongo-faults.js';

/** Of `answers`. */
interface AnswerDocument {
  readonly _id: string;
  readonly fingerprint: string;
  readonly seed: string;
  readonly attempt: string;
  readonly runsUntil: number;
  /** A date, so that the server itself forgets old ones. */
  readonly expiresAt: Date;
  readonly answer?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Binary;
  };
}

export const answerIndexes = [
  { key: { expiresAt: 1 }, name: 'expires', expireAfterSeconds: 0 },
] as const;

/**
 * Kept answers in the collection `answers`. Keys are claimed by compare-and-swap on `attempt`.
 * The connection is its opener's.
 * @throws EdgeminerError `store.unavailable`, as every method does
 */
export async function openMongoKeptAnswers(db: Db): Promise<KeptAnswers> {
  const answers = db.collection<AnswerDocument>('answers', {
    ...durable,
    // A claim that no majority has seen yet is one all the same.
    readConcern: { level: 'local' },
  });
  await guarded(() => answers.createIndexes([...answerIndexes]));

  async function inserted(document: AnswerDocument): Promise<boolean> {
    try {
      await answers.insertOne(document);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async function replaced(attempt: string, document: AnswerDocument): Promise<boolean> {
    const { _id, ...fields } = document;
    const { modifiedCount } = await answers.replaceOne(
      { _id, attempt, answer: { $exists: false } },
      fields,
    );
    return modifiedCount === 1;
  }

  return {
    begin: (request, now) =>
      guarded(async () => {
        for (;;) {
          const found = await answers.findOne({ _id: request.key });
          if (found === null) {
            if (await inserted(documentOf(request, request.seed))) {
              return { kind: 'yours', seed: request.seed };
            }
            continue;
          }
          if (found.expiresAt.getTime() <= now) {
            await answers.deleteOne({ _id: request.key, attempt: found.attempt });
            continue;
          }
          if (found.fingerprint !== request.fingerprint) return { kind: 'other-request' };
          if (found.answer !== undefined) {
            const { status, headers, body } = found.answer;
            return {
              kind: 'answered',
              answer: { status, headers, body: Uint8Array.from(body.value()) },
            };
          }
          if (found.runsUntil > now) return { kind: 'running' };
          if (await replaced(found.attempt, documentOf(request, found.seed))) {
            return { kind: 'yours', seed: found.seed };
          }
        }
      }),

    end: ({ key, attempt }, outcome) =>
      guarded(async () => {
        const own = { _id: key, attempt };
        switch (outcome.kind) {
          case 'answered': {
            const { status, headers, body } = outcome.answer;
            const answer = { status, headers, body: new Binary(body) };
            await answers.updateOne(own, { $set: { answer } });
            return;
          }
          case 'failed':
            await answers.updateOne(own, { $set: { runsUntil: 0 } });
            return;
          case 'refused':
            await answers.deleteOne(own);
        }
      }),

    async close() {
      // The connection is its opener's.
    },
  };
}

function documentOf(request: KeyedRequest, seed: string): AnswerDocument {
  const { key, fingerprint, attempt, runsUntil, expiresAt } = request;
  return { _id: key, fingerprint, seed, attempt, runsUntil, expiresAt: new Date(expiresAt) };
}
