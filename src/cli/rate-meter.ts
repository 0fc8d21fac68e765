/** Samples nearer to the last one are not kept. Milliseconds. */
const spacing = 500;

/** How fast a count has risen of late: what was quick at first does not hide what is slow now. */
export class RateMeter {
  readonly #samples: { readonly at: number; readonly done: number }[] = [];
  readonly #window: number;

  /** @param window milliseconds that are looked back. */
  constructor(window = 30_000) {
    this.#window = window;
  }

  /** `at` is in milliseconds of a clock that never goes back. */
  count(done: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && at - last.at < spacing) return;
    this.#samples.push({ at, done });
    while ((this.#samples[1]?.at ?? at) < at - this.#window) this.#samples.shift();
  }

  /** Per second; undefined before there are two samples. */
  perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return undefined;
    return (1000 * (last.done - first.done)) / (last.at - first.at);
  }
}

/** '12 s', '3 min 5 s', '2 h 10 min'. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
