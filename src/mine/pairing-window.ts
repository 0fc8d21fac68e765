/** One half of a pair: a request, or the response to it. */
export interface Half<T> {
  readonly id: string;
  readonly role: 'request' | 'response';
  readonly bytes: number;
  /** The first of its kind, and the copies of it that came while it waited. */
  readonly items: readonly [T, ...T[]];
}

export interface PairingLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** How long a half waits for the other. */
  readonly maxAgeMs: number;
}

interface Waiting<T> {
  readonly half: Half<T>;
  readonly since: number;
}

/**
 * Halves that wait for the other half of their pair, bounded in number, bytes and time. Time is
 * the caller's, in milliseconds from any start, and never goes back.
 */
export class PairingWindow<T> {
  private readonly limits: PairingLimits;
  /** By role and id, the oldest first. */
  private readonly waiting = new Map<string, Waiting<T>>();
  private bytes = 0;

  constructor(limits: PairingLimits) {
    this.limits = limits;
  }

  /** The other half, which waits no longer; undefined where this one waits now. */
  add(half: Half<T>, now: number): Half<T> | undefined {
    const other = this.remove(keyOf(half.role === 'request' ? 'response' : 'request', half.id));
    if (other !== undefined) return other;
    const key = keyOf(half.role, half.id);
    const same = this.waiting.get(key);
    if (same === undefined) {
      this.waiting.set(key, { half, since: now });
      this.bytes += half.bytes;
    } else {
      // A copy: what it holds is held once, and it is settled along with the first.
      const items = [...same.half.items, ...half.items] as const;
      this.waiting.set(key, { half: { ...same.half, items }, since: same.since });
    }
    return undefined;
  }

  /** Lets go of what has waited too long, and of the oldest beyond the limits. */
  letGo(now: number): Half<T>[] {
    const gone: Half<T>[] = [];
    for (const [key, { half, since }] of this.waiting) {
      const late = now - since >= this.limits.maxAgeMs;
      const full = this.waiting.size > this.limits.maxCount || this.bytes > this.limits.maxBytes;
      if (!late && !full) break;
      this.remove(key);
      gone.push(half);
    }
    return gone;
  }

  /** Lets go of everything. */
  letAllGo(): Half<T>[] {
    const gone = [...this.waiting.values()].map(({ half }) => half);
    this.waiting.clear();
    this.bytes = 0;
    return gone;
  }

  /** When the oldest half will have waited too long. */
  get nextExpiry(): number | undefined {
    for (const { since } of this.waiting.values()) return since + this.limits.maxAgeMs;
    return undefined;
  }

  get size(): number {
    return this.waiting.size;
  }

  private remove(key: string): Half<T> | undefined {
    const found = this.waiting.get(key);
    if (found === undefined) return undefined;
    this.waiting.delete(key);
    this.bytes -= found.half.bytes;
    return found.half;
  }
}

function keyOf(role: Half<unknown>['role'], id: string): string {
  return `${role} ${id}`;
}
