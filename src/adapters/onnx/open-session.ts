import { availableParallelism } from 'node:os';
import { EdgeminerError } from '../../faults.js';
import { checkSignature } from './check-signature.js';
import { inEntry } from './manifest.js';
import type { ModelEntry } from './manifest-schema.js';
import { readModelFiles } from './model-files.js';
import { startSession } from './session-client.js';
import type { SessionClient } from './session-client.js';

export interface SessionOptions {
  /** Holds manifest.json and the ONNX files. */
  readonly modelsDir: string;
  /**
   * Inferences at once, each in a thread of its own with the model's weights; one per core
   * unless told, `mostSessions` at most. Two cores did a tenth more pictures with a session each
   * than with one that they share.
   */
  readonly sessions?: number;
  /** Threads that share one inference; unless told, the cores shared out among the sessions. */
  readonly threads?: number;
  /**
   * Whether those threads spin while they wait; false unless told. On cores of its own it gains
   * next to nothing; beside other work it takes half as much CPU again and is slower for it.
   */
  readonly spinning?: boolean;
  /** Whether errors of the runtime are thrown only, and not printed too; false unless told. */
  readonly quiet?: boolean;
  /** Where inferences run, the preferred place first; on the processor unless told. */
  readonly executionProviders?: readonly string[];
}

/** What is opened: an entry of the manifest, or one on its way there. */
export interface OpenedModel {
  readonly name: string;
  readonly entry: ModelEntry;
  /** Names of the logits. */
  readonly classes: readonly string[] | undefined;
}

/** Each holds the weights and the activations of a batch. */
const mostSessions = 4;

export async function openSessions(
  options: SessionOptions,
  model: OpenedModel,
): Promise<SessionClient[]> {
  // The first alone: what is wrong with the file is found once.
  const sessions = [await openSession(options, model)];
  try {
    while (sessions.length < sessionsOf(options)) {
      sessions.push(await openSession(options, model));
    }
    return sessions;
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
}

/** Reads, checks and loads the model, and runs it once on a black picture. */
export async function openSession(
  options: SessionOptions,
  { name, entry, classes }: OpenedModel,
): Promise<SessionClient> {
  const { input, outputs } = entry;
  return inEntry(options.modelsDir, name, async () => {
    const session = await startSession({
      ...(await readModelFiles(options.modelsDir, entry)),
      ...runOptions(options),
      use: { input, embedding: outputs.embedding, logits: outputs.logits?.name },
    });
    try {
      checkSignature(entry.file, session.signature, entry, classes?.length);
      const trial = await session.run([new Uint8Array(input.width * input.height * 3)]);
      checkLength('outputs.embedding.dimensions', trial.embedding, outputs.embedding.dimensions);
      if (trial.logits !== undefined && classes !== undefined) {
        checkLength('classes', trial.logits, classes.length);
      }
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  });
}

/** The runtime's share of the options, each with its default. */
export function runOptions(options: SessionOptions) {
  return {
    threads:
      options.threads ?? Math.max(1, Math.floor(availableParallelism() / sessionsOf(options))),
    spinning: options.spinning ?? false,
    quiet: options.quiet ?? false,
    providers: options.executionProviders ?? ['cpu'],
  };
}

function sessionsOf({ sessions }: SessionOptions): number {
  return sessions ?? Math.min(mostSessions, availableParallelism());
}

/** Free sizes in the file leave the true length open until it has run. */
function checkLength(field: string, values: Float32Array, expected: number): void {
  if (values.length === expected) return;
  throw new EdgeminerError(
    'model.shape-mismatch',
    `The model gives ${values.length} values; the manifest says ${expected}.`,
    { field, mend: 'Correct the entry in models/manifest.json.' },
  );
}
