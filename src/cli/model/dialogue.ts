import { createInterface } from 'node:readline/promises';
import { EdgeminerError } from '../../faults.js';
import type { World } from '../world.js';

/** Questions on a terminal. The composition closes it; close() is idempotent. */
export interface Dialogue {
  /** A line without its ends; the suggestion where nothing was typed. */
  ask(question: string, suggestion?: string): Promise<string>;
  say(line: string): void;
  close(): void;
}

/** Undefined where nobody can answer: input or messages go elsewhere than to a terminal. */
export function openDialogue(world: World): Dialogue | undefined {
  if (world.stdin.isTTY !== true || world.stderr.isTTY !== true) return undefined;
  const lines = createInterface({ input: world.stdin, output: world.stderr, terminal: true });
  const gone = new AbortController();
  const leave = () => gone.abort();
  // Control-C, Control-D, and a process that is asked to end.
  lines.once('SIGINT', leave).once('close', leave);
  world.ending.addEventListener('abort', leave, { once: true });
  return {
    async ask(question, suggestion) {
      const shown = suggestion === undefined ? '' : ` [${suggestion}]`;
      for (;;) {
        const answer = await answered(lines.question(`${question}${shown} `, gone), gone.signal);
        if (answer.trim() !== '') return answer.trim();
        if (suggestion !== undefined) return suggestion;
      }
    },
    say: (line) => world.stderr.write(`${line}\n`),
    close() {
      world.ending.removeEventListener('abort', leave);
      lines.close();
    },
  };
}

async function answered(answer: Promise<string>, gone: AbortSignal): Promise<string> {
  try {
    return await answer;
  } catch (cause) {
    if (!gone.aborted) throw cause;
    throw new EdgeminerError('input.invalid', 'stopped; nothing was written', {
      field: 'terminal',
      mend: 'Run it again; what flags tell is not asked.',
      cause,
    });
  }
}
