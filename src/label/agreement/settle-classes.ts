import type { ClassLabel, ClassesLabel } from '../label.js';
import type { AnswerOf, Dispute, Settlement, SettleRule } from './settlement.js';
import { nearest, settleAttributes, settleText } from './settle-remarks.js';
import { votesFor } from './votes.js';
import { weighVotes } from './weigh-votes.js';

/** One class for the picture, by votes or by what the annotators are worth. */
export function settleClass(opinions: readonly AnswerOf<'class'>[], rule: SettleRule): Settlement {
  const won = classThatWon(opinions, rule);
  if (won.kind === 'disputed') return won;
  const winners = opinions.filter(({ body }) => body.class === won.class);
  const remarks = settleAttributes(
    winners.map(({ body }) => body.attributes),
    rule.leastShare,
  );
  if (remarks.why.length > 0) return { kind: 'disputed', why: remarks.why };
  const body: ClassLabel = {
    kind: 'class',
    class: won.class,
    ...(remarks.attributes && { attributes: remarks.attributes }),
    ...settleText(winners.map((winner) => winner.body)),
  };
  return { kind: 'agreed', body, confidence: Math.min(won.confidence, remarks.share) };
}

function classThatWon(
  opinions: readonly AnswerOf<'class'>[],
  rule: SettleRule,
):
  | { readonly kind: 'won'; readonly class: string; readonly confidence: number }
  | Extract<Settlement, { kind: 'disputed' }> {
  const said = opinions.map(({ annotator, body }) => ({ annotator, class: body.class }));
  const votes = votesFor(said.map((vote) => vote.class));
  const { skills } = rule;
  // Skills from other label sets know nothing of these classes.
  if (skills === undefined || votes.some((vote) => !skills.classes.includes(vote.for))) {
    const [first] = votes;
    const share = (first?.votes ?? 0) / said.length;
    return first !== undefined && share >= rule.leastShare
      ? { kind: 'won', class: first.for, confidence: share }
      : { kind: 'disputed', why: [{ about: 'class', votes }] };
  }
  const { probabilities } = weighVotes(said, skills, rule.ambiguousShare);
  const probability = Math.max(...probabilities);
  const likeliest = skills.classes[probabilities.indexOf(probability)] ?? '';
  return probability >= rule.leastProbability
    ? { kind: 'won', class: likeliest, confidence: probability }
    : { kind: 'disputed', why: [{ about: 'class', votes, probability }] };
}

/** All classes that apply, each by a vote of its own. */
export function settleClasses(
  opinions: readonly AnswerOf<'classes'>[],
  rule: SettleRule,
): Settlement {
  const sets = opinions.map(({ body }) => new Set(body.classes));
  const why: Dispute[] = [];
  const won: string[] = [];
  let confidence = 1;
  for (const name of [...new Set(opinions.flatMap(({ body }) => body.classes))].sort()) {
    const seen = sets.filter((set) => set.has(name)).length;
    const share = seen / sets.length;
    if (Math.max(share, 1 - share) < rule.leastShare) {
      why.push({ about: 'applies', class: name, seen, of: sets.length });
      continue;
    }
    confidence = Math.min(confidence, Math.max(share, 1 - share));
    if (share >= rule.leastShare) won.push(name);
  }
  if (why.length > 0) return { kind: 'disputed', why };
  const winners = nearest(opinions, ({ body }) => -differences(body.classes, won));
  const remarks = settleAttributes(
    winners.map(({ body }) => body.attributes),
    rule.leastShare,
  );
  if (remarks.why.length > 0) return { kind: 'disputed', why: remarks.why };
  const lists = opinions.map(({ body: { classes } }) => classes);
  const body: ClassesLabel = {
    kind: 'classes',
    classes: inTheirOrder(won, lists),
    ...(remarks.attributes && { attributes: remarks.attributes }),
    ...settleText(winners.map((winner) => winner.body)),
  };
  return { kind: 'agreed', body, confidence: Math.min(confidence, remarks.share) };
}

function differences(said: readonly string[], won: readonly string[]): number {
  const [left, right] = [new Set(said), new Set(won)];
  return said.filter((name) => !right.has(name)).length + won.filter((n) => !left.has(n)).length;
}

/**
 * The label set's order. Two classes that more than half of the opinions have stand together in at
 * least one of them, and there in that order.
 */
function inTheirOrder(won: readonly string[], said: readonly (readonly string[])[]): string[] {
  return won.toSorted((a, b) => {
    const both = said.find((classes) => classes.includes(a) && classes.includes(b));
    return both === undefined ? 0 : both.indexOf(a) - both.indexOf(b);
  });
}
