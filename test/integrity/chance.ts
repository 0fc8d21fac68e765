/** Chance that comes again with its seed. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number, 0 to `end - 1`. */
  below(end: number): number;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

/** Mulberry32; numbers after the seed make streams of their own. */
export function chanceFrom(...seeds: readonly number[]): Chance {
  let state = seeds.reduce(
    (mixed, part) => Math.imul(mixed ^ part, 0x9e3779b1) ^ (mixed >>> 15),
    1,
  );
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    pick(from) {
      const picked = from[below(from.length)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    shuffled<T>(items: readonly T[]) {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        const [a, b] = [order[last] as T, order[other] as T];
        [order[last], order[other]] = [b, a];
      }
      return order;
    },
  };
}
