import { proposeEntry } from '../../adapters/onnx/propose-entry.js';
import type {
  Draft,
  InspectedModel,
  Point,
  Question,
  Told,
  Topic,
} from '../../adapters/onnx/entry-draft.js';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { faultLines } from '../output.js';
import type { Dialogue } from './dialogue.js';
import { pixelHelp, readTold } from './told.js';

export interface Settled {
  readonly draft: Draft;
  readonly points: readonly Point[];
}

/** What is said of a model, and who can be asked for the rest. */
export interface Conversation {
  readonly told: Told;
  /** Where relative paths start. */
  readonly directory: string;
  /** Undefined where nobody can answer. */
  readonly dialogue: Dialogue | undefined;
  /** Throws `input.invalid` for a name that can't be taken. */
  readonly checkName: (name: string) => void;
}

/**
 * Settles everything about a model: asks where somebody can answer, else refuses with the flag
 * for each thing that is not known (`input.invalid`).
 */
export async function settleEntry(
  model: InspectedModel,
  { told: flags, dialogue, directory, checkName }: Conversation,
): Promise<Settled> {
  let told = flags;
  const check = (said: Told) => {
    if (said.name !== undefined) checkName(said.name);
    return proposeEntry(model, said);
  };
  const asked = new Set<Topic>();
  for (;;) {
    const { points, questions, draft } = check(told);
    if (dialogue === undefined) {
      if (draft === undefined) throw unanswered(model, questions);
      checkName(draft.name);
      return { draft, points };
    }
    const open = points
      .filter(({ by, worthAsking }) => by === 'guess' && worthAsking === true)
      .filter(({ topic }) => !asked.has(topic))
      .map(questionOf);
    // The name first, what only people know last.
    const [next] = [
      ...open.filter(({ topic }) => topic === 'name'),
      ...questions.filter(({ topic }) => topic !== 'licence'),
      ...open,
      ...questions,
    ];
    if (next === undefined) {
      if (draft === undefined) throw new Error('Nothing is open, and yet there is no entry.');
      return { draft, points };
    }
    asked.add(next.topic);
    const heard = await askOne(next, directory, dialogue, (said) => check({ ...told, ...said }));
    told = { ...told, ...heard };
  }
}

/** Asks again until the answer can be read, and fits the file. */
async function askOne(
  question: Question,
  directory: string,
  dialogue: Dialogue,
  check: (said: Partial<Told>) => unknown,
): Promise<Partial<Told>> {
  const { topic, text, options, suggestion } = question;
  if (topic === 'pixels') pixelHelp().forEach((line) => dialogue.say(`  ${line}`));
  for (;;) {
    const choices = options === undefined ? '' : ` (${options.join(', ')})`;
    const answer = await dialogue.ask(`${text}${choices}`, suggestion);
    try {
      const heard = await readTold(topic, answer, directory);
      check(heard);
      return heard;
    } catch (error) {
      if (!isEdgeminerError(error) || error.code !== 'input.invalid') throw error;
      dialogue.say(faultLines(error)[0] ?? '');
    }
  }
}

/** A guess, put as a question that Enter answers. */
function questionOf({ topic, value, why }: Point): Question {
  const texts: Partial<Record<Topic, string>> = {
    name: 'Name of the model, for the settings?',
    pixels: `How does it want its pixels? (${why})`,
    logits: `Which output holds class scores? (${why})`,
    embedding: `Which output is the embedding? (${why})`,
    pool: `How are its places made one vector, mean or first? (${why})`,
  };
  return { topic, text: texts[topic] ?? `${topic}? (${why})`, suggestion: value };
}

function unanswered({ file }: InspectedModel, questions: readonly Question[]): EdgeminerError {
  const flags = questions.map(({ topic }) => `--${topic}`);
  const lines = questions.map(({ topic, text, options }) => {
    const choices = options === undefined ? '' : ` (${options.join(', ')})`;
    return `  --${topic}: ${text}${choices}`;
  });
  return new EdgeminerError(
    'input.invalid',
    `${file} does not tell all that the manifest needs:\n${lines.join('\n')}`,
    {
      field: flags.join(', '),
      mend: `Give ${flags.join(', ')}, or run it on a terminal, where it asks.`,
    },
  );
}
