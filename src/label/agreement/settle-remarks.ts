import { canonicalJson } from '../../canonical-json.js';
import type { Attributes, AttributeValue, LabelledBox, Remarks } from '../label.js';
import type { Dispute } from './settlement.js';
import { votesFor } from './votes.js';

/** What is settled of attributes; with disputes, only a part. */
export interface SettledAttributes {
  /** Absent where none was settled. */
  readonly attributes?: Attributes;
  readonly why: readonly Dispute[];
  /** The least share that an attribute was settled by; 1 where there is none. */
  readonly share: number;
}

/** How a vote for saying nothing of an attribute reads. */
const unsaid = '(nothing)';

/**
 * Attributes by votes, each name on its own; to say nothing of it is a vote, too. Texts and numbers
 * are compared as they are.
 *
 * @param said What each of those who count said of the object or picture.
 */
export function settleAttributes(
  said: readonly (Attributes | undefined)[],
  leastShare: number,
  box?: LabelledBox,
): SettledAttributes {
  const names = [...new Set(said.flatMap((one) => Object.keys(one ?? {})))].sort();
  const settled: [string, AttributeValue][] = [];
  const why: Dispute[] = [];
  let share = 1;
  for (const attribute of names) {
    const values = new Map<string, AttributeValue | undefined>();
    const keys = said.map((one) => {
      const value = one !== undefined && Object.hasOwn(one, attribute) ? one[attribute] : undefined;
      const key = value === undefined ? '' : canonicalJson(value);
      values.set(key, value);
      return key;
    });
    const votes = votesFor(keys);
    const [first] = votes;
    const won = (first?.votes ?? 0) / said.length;
    if (first === undefined || won < leastShare) {
      const shown = votes.map((vote) => ({ ...vote, for: shownValue(values.get(vote.for)) }));
      why.push({ about: 'attribute', attribute, votes: shown, ...(box && { box }) });
      continue;
    }
    share = Math.min(share, won);
    const value = values.get(first.for);
    if (value !== undefined) settled.push([attribute, value]);
  }
  return { why, share, ...(settled.length > 0 && { attributes: Object.fromEntries(settled) }) };
}

/** The text that most of the opinions that won gave; of equally many the first by alphabet. */
export function settleText(won: readonly Remarks[]): Pick<Remarks, 'text'> {
  const [first] = votesFor(won.flatMap(({ text }) => (text === undefined ? [] : [text])));
  return first === undefined ? {} : { text: first.for };
}

/** Those for whom `nearness` is highest; what differs in the last digits only is equal. */
export function nearest<T>(items: readonly T[], nearness: (item: T) => number): T[] {
  const measured = items.map((item) => ({ item, near: Math.round(nearness(item) * 1e9) }));
  const most = Math.max(...measured.map(({ near }) => near));
  return measured.filter(({ near }) => near === most).map(({ item }) => item);
}

function shownValue(value: AttributeValue | undefined): string {
  if (value === undefined) return unsaid;
  return typeof value === 'object' ? value.join(' and ') : String(value);
}
