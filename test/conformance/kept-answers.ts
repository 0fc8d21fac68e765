import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeptAnswer, KeptAnswers, KeyedRequest } from '../../src/http/kept-answers.js';

export interface AnswersUnderTest {
  readonly answers: KeptAnswers;
  /** Another connection to the same store, as another process has it. */
  readonly another: () => Promise<KeptAnswers>;
  /** Closes all connections and removes the store. */
  readonly remove: () => Promise<void>;
}

/** Not a date of long ago: a store may forget by its own clock too. */
const start = Date.now();
const runs = 60_000;
const day = 86_400_000;

/** A try of the request that `key` was made for. */
function tryOf(key: string, now = start, fingerprint = 'f'): KeyedRequest {
  return {
    key,
    fingerprint,
    seed: randomUUID(),
    attempt: randomUUID(),
    runsUntil: now + runs,
    expiresAt: now + day,
  };
}

const answer: KeptAnswer = {
  status: 201,
  headers: { 'content-type': 'application/json; charset=utf-8', location: '/v1/x' },
  body: Uint8Array.from({ length: 1000 }, (_, n) => n % 256),
};

/** Every obligation of the port KeptAnswers, on any adapter. */
export function keptAnswersConformance(name: string, open: () => Promise<AnswersUnderTest>): void {
  describe(`kept answers: ${name}`, () => {
    let opened: AnswersUnderTest;
    let answers: KeptAnswers;
    beforeEach(async () => {
      opened = await open();
      ({ answers } = opened);
    });
    afterEach(() => opened.remove());

    it('gives an answer again, to every connection, until it expires', async () => {
      const first = tryOf('k');
      expect(await answers.begin(first, start)).toEqual({ kind: 'yours', seed: first.seed });
      await answers.end(first, { kind: 'answered', answer });
      for (const each of [answers, await opened.another()]) {
        expect(await each.begin(tryOf('k'), start + day - 1)).toEqual({ kind: 'answered', answer });
      }
      const later = tryOf('k', start + day);
      expect(await answers.begin(later, start + day)).toEqual({ kind: 'yours', seed: later.seed });
    });

    it('keeps an answer without a body', async () => {
      const first = tryOf('k');
      await answers.begin(first, start);
      const empty = { status: 204, headers: {}, body: new Uint8Array() };
      await answers.end(first, { kind: 'answered', answer: empty });
      expect(await answers.begin(tryOf('k'), start)).toEqual({ kind: 'answered', answer: empty });
    });

    it('lets one of many begin, whatever connection they use', async () => {
      const others = [answers, await opened.another(), await opened.another()];
      const tries = Array.from({ length: 12 }, () => tryOf('k'));
      const begun = await Promise.all(
        tries.map((one, n) => (others[n % others.length] ?? answers).begin(one, start)),
      );
      expect(begun.filter(({ kind }) => kind === 'yours')).toHaveLength(1);
      expect(begun.filter(({ kind }) => kind === 'running')).toHaveLength(11);
    });

    it('keeps keys apart', async () => {
      await answers.begin(tryOf('k'), start);
      const other = tryOf('l');
      expect(await answers.begin(other, start)).toEqual({ kind: 'yours', seed: other.seed });
    });

    it('tells another request under the same key, answered or not', async () => {
      const first = tryOf('k');
      await answers.begin(first, start);
      const other = { kind: 'other-request' };
      expect(await answers.begin(tryOf('k', start, 'g'), start)).toEqual(other);
      await answers.end(first, { kind: 'answered', answer });
      expect(await answers.begin(tryOf('k', start, 'g'), start)).toEqual(other);
    });

    it('hands what never ended over to one, with the seed of the first try', async () => {
      const first = tryOf('k');
      await answers.begin(first, start);
      const later = start + runs;
      expect((await answers.begin(tryOf('k'), later - 1)).kind).toBe('running');
      const tries = Array.from({ length: 6 }, () => tryOf('k', later));
      const begun = await Promise.all(tries.map((one) => answers.begin(one, later)));
      const yours = begun.filter((one) => one.kind === 'yours');
      expect(yours).toEqual([{ kind: 'yours', seed: first.seed }]);
      // The first try wakes up too late.
      await answers.end(first, { kind: 'answered', answer: { ...answer, status: 200 } });
      await answers.end(first, { kind: 'refused' });
      expect((await answers.begin(tryOf('k', later), later)).kind).toBe('running');
      const owner = tries[begun.findIndex(({ kind }) => kind === 'yours')];
      if (owner === undefined) throw new Error('nobody owns the key');
      await answers.end(owner, { kind: 'answered', answer });
      expect(await answers.begin(tryOf('k', later), later)).toEqual({ kind: 'answered', answer });
    });

    it('gives what failed to the next, at once and with the same seed', async () => {
      const first = tryOf('k');
      await answers.begin(first, start);
      await answers.end(first, { kind: 'failed' });
      expect(await answers.begin(tryOf('k', start, 'g'), start)).toEqual({ kind: 'other-request' });
      const next = await answers.begin(tryOf('k'), start);
      expect(next).toEqual({ kind: 'yours', seed: first.seed });
    });

    it('forgets what was refused', async () => {
      const first = tryOf('k');
      await answers.begin(first, start);
      await answers.end(first, { kind: 'refused' });
      const mended = tryOf('k', start, 'g');
      expect(await answers.begin(mended, start)).toEqual({ kind: 'yours', seed: mended.seed });
    });
  });
}
