import type { StoredLetter } from '../mine/dead-letter-shelf.js';

const shownMessage = 80;

/** Above the rows that `row` makes. */
export const heading = ['letter', 'written', 'code', 'from', 'bytes', 'replayed', 'message'];

/** Keeps the size, not the bytes: many letters are held. */
export function withoutValue(letter: StoredLetter): StoredLetter {
  return { ...letter, raw: undefined, omittedBytes: letter.omittedBytes ?? bytesOf(letter) };
}

function bytesOf({ raw, omittedBytes }: StoredLetter): number {
  return omittedBytes ?? raw?.value?.byteLength ?? 0;
}

export function positionOf({ position }: StoredLetter): string {
  return `${position.partition}:${position.offset}`;
}

export function shown(letter: StoredLetter) {
  const { origin, code, message, field, attempts, writtenAt, replays, replayed } = letter;
  return {
    letter: positionOf(letter),
    writtenAt: writtenAt === undefined ? null : new Date(writtenAt).toISOString(),
    code,
    message,
    field: field ?? null,
    attempts,
    origin,
    bytes: bytesOf(letter),
    replays,
    replayed,
  };
}

export function row(letter: StoredLetter): (string | number)[] {
  const { code, message, origin, replayed } = letter;
  return [
    positionOf(letter),
    letter.writtenAt === undefined
      ? '-'
      : new Date(letter.writtenAt).toISOString().slice(0, 19).concat('Z'),
    code,
    `${origin.stream} ${origin.partition}:${origin.offset}`,
    bytesOf(letter),
    replayed ? 'yes' : 'no',
    message.length > shownMessage ? `${message.slice(0, shownMessage - 1)}…` : message,
  ];
}
