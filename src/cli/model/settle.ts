import { proposeEntry } from '../../adapters/onnx/propose-entry.js';
import type {
  Draft,
  InspectedModel,
  Point,
  Question,
  Told,
  Topic,
} from '../../adapters/onnx/propose-entry.js';
import { EdgeminerError, isEdgeminerError } from '../../faults.js';
import { faultLines } from '../output.js';
import type { Dialogue } from './dialogue.js';
import { pixelHelp, readTold } from './told.js';

export interface Settled {
  readonly draft: Draft;
  readonly points: readonly Point[];
}

/**
 * Settles everything about a model: asks where somebody can answer, else refuses with the flag
 * for each thing that is not known (`input.invalid`).
 */
export async function settleEntry(
  model: InspectedModel,
  flags: Told,
  directory: string,
  dialogue: Dialogue | undefined,
): Promise<Settled> {
  let told = flags;
  const asked = new Set<Topic>();
  for (;;) {
    const { points, questions, draft } = proposeEntry(model, told);
    const [question] = questions;
    if (dialogue === undefined) {
      if (draft === undefined) throw unanswered(model, questions);
      return { draft, points };
    }
    const doubtful = points.find((point) => point.worthAsking === true && !asked.has(point.topic));
    if (question === undefined && doubtful === undefined) {
      if (draft === undefined) throw new Error('Nothing is open, and yet there is no entry.');
      return { draft, points };
    }
    const next = question ?? questionOf(doubtful);
    asked.add(next.topic);
    told = { ...told, ...(await askOne(model, told, next, directory, dialogue)) };
  }
}

/** Asks again until the answer can be read, and fits the file. */
async function askOne(
  model: InspectedModel,
  told: Told,
  question: Question,
  directory: string,
  dialogue: Dialogue,
): Promise<Partial<Told>> {
  const { topic, text, options, suggestion } = question;
  if (topic === 'pixels') pixelHelp().forEach((line) => dialogue.say(`  ${line}`));
  for (;;) {
    const choices = options === undefined ? '' : ` (${options.join(', ')})`;
    const answer = await dialogue.ask(`${text}${choices}`, suggestion);
    try {
      const heard = await readTold(topic, answer, directory);
      proposeEntry(model, { ...told, ...heard });
      return heard;
    } catch (error) {
      if (!isEdgeminerError(error) || error.code !== 'input.invalid') throw error;
      dialogue.say(faultLines(error)[0] ?? '');
    }
  }
}

/** A guess, put as a question that Enter answers. */
function questionOf(point: Point | undefined): Question {
  if (point === undefined) throw new Error('There is nothing to ask.');
  const { topic, value, why } = point;
  const texts: Partial<Record<Topic, string>> = {
    name: 'Name of the model, for the settings?',
    pixels: `How does it want its pixels? (${why}; for others stop and give --mean and --deviation)`,
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
