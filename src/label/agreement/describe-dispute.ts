import type { LabelledBox } from '../label.js';
import type { Dispute } from './settlement.js';
import type { Vote } from './votes.js';
import { percent, place } from './wording.js';

/** What is disputed, as a sentence for the adjudicator. */
export function describeDispute(dispute: Dispute): string {
  switch (dispute.about) {
    case 'nothing':
      return 'Nobody has given an opinion.';
    case 'kind':
      return `The opinions are of different kinds: ${listed(dispute.votes)}.`;
    case 'class': {
      const likeliest =
        dispute.probability === undefined
          ? ''
          : `; by what the annotators are worth, the likeliest is ${percent(dispute.probability)} sure`;
      return `The picture is called ${listed(dispute.votes)}${likeliest}.`;
    }
    case 'applies':
      return `${dispute.seen} of ${dispute.of} say that ${dispute.class} applies.`;
    case 'presence':
      return `${dispute.seen} of ${dispute.of} see a ${where(dispute.box)}.`;
    case 'box-class':
      return `The object ${place(dispute.box)} is called ${listed(dispute.votes)}.`;
    case 'place':
      return dispute.outlined === true
        ? `The outlines of the ${where(dispute.box)} share only ${percent(dispute.placement)} with the one that fits them best.`
        : `The boxes of the ${where(dispute.box)} share only ${percent(dispute.placement)} with their median.`;
    case 'attribute': {
      const of = dispute.box === undefined ? 'the picture' : `the ${where(dispute.box)}`;
      return `Of ${of}, ${dispute.attribute} is said to be ${listed(dispute.votes)}.`;
    }
  }
}

function listed(votes: readonly Vote[]): string {
  return votes.map((vote) => `${vote.for} (${vote.votes})`).join(', ');
}

function where(box: LabelledBox): string {
  return `${box.class} ${place(box)}`;
}
