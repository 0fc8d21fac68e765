import type { LabelSet } from './label.js';
import type { LabelProblem } from './label-problem.js';
import { labelSetKey } from './label-set.js';

/** Characters that a label's text may have. */
const longestText = 5000;

/** The text without blanks around it; left out where nothing was written. */
export function validateText(
  sent: string | undefined,
  labelSet: LabelSet,
  problems: LabelProblem[],
): { readonly text?: string } {
  const text = sent?.trim() ?? '';
  const field = 'text';
  if (text === '') {
    if (labelSet.text === 'required') {
      const problem = `is missing; the label set ${labelSetKey(labelSet)} asks for it`;
      problems.push({ field, problem, mend: 'Say in words what the label set asks for.' });
    }
    return {};
  }
  if (labelSet.text !== 'optional' && labelSet.text !== 'required') {
    const problem = `is not asked for by the label set ${labelSetKey(labelSet)}`;
    problems.push({ field, problem, mend: 'Remove it, or skip the task with it as the reason.' });
    return {};
  }
  problems.push(...textProblems(text, field, longestText));
  return { text };
}

/** What is wrong with a text that people wrote, which may be up to `longest` characters long. */
export function textProblems(text: string, field: string, longest: number): LabelProblem[] {
  if (text.length > longest) {
    const problem = `has ${text.length} characters; ${longest} are kept`;
    return [{ field, problem, mend: `Shorten it to ${longest} characters.` }];
  }
  // A store that writes UTF-8 would give back another text.
  if (/\p{Surrogate}/u.test(text)) {
    const problem = 'holds half of a character (a lone UTF-16 surrogate)';
    return [{ field, problem, mend: 'Send it as valid Unicode text.' }];
  }
  return [];
}
