import { Command, CommanderError } from 'commander';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import { auditCommand } from './commands/audit.js';
import { curateCommand } from './commands/curate.js';
import { deadLetterCommand } from './commands/dlq.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { eraseCommand } from './commands/erase.js';
import { eventsCommand } from './commands/events.js';
import { labelSetCommand } from './commands/label-set.js';
import { mineCommand } from './commands/mine.js';
import { modelCommand } from './commands/model.js';
import { queueCommand } from './commands/queue.js';
import { referenceCommand } from './commands/reference-build.js';
import { retentionCommand } from './commands/retention.js';
import { scoreCommand } from './commands/score.js';
import { serveCommand } from './commands/serve.js';
import { tokenCommand } from './commands/token.js';
import { faultLines } from './output.js';
import { webhooksCommand } from './commands/webhooks.js';
import type { World } from './world.js';

/** What the process ends with. */
const exitCodes = { ok: 0, failure: 1, usage: 2 };

/** Runs one command line (without `node` and the script); resolves to the exit code. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const program = createProgram(world);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Commander has said what was wrong with the command line, or shown the help asked for.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    report(error, argv.includes('--json'), world);
    return exitCodes.failure;
  }
}

export function createProgram(world: World): Command {
  const program = new Command('edgeminer')
    .description('mines edge cases from a stream of production images')
    .version(world.version)
    // Else `--version` of a command, a curated set's, would ask for the program's.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help to see the options and an example)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
    });
  for (const add of [
    demoCommand(runCli),
    modelCommand,
    referenceCommand,
    mineCommand,
    serveCommand,
    tokenCommand,
    queueCommand,
    labelSetCommand,
    auditCommand,
    curateCommand,
    deadLetterCommand,
    eventsCommand,
    scoreCommand,
    webhooksCommand,
    retentionCommand,
    eraseCommand,
    doctorCommand,
  ]) {
    add(program, world);
  }
  inherit(program);
  return program;
}

/** Subcommands made by `.command()` copy settings only at creation; groups need them too. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

function report(error: unknown, json: boolean, world: World): void {
  const fault = isEdgeminerError(error)
    ? error
    : new EdgeminerError('event.failed', messageOf(error), { cause: error });
  const { code, message, mend, field } = fault;
  if (json) world.stderr.write(`${JSON.stringify({ error: { code, message, mend, field } })}\n`);
  else world.stderr.write(`${faultLines(fault).join('\n')}\n`);
  if (!isEdgeminerError(error) && error instanceof Error) {
    world.stderr.write(`${error.stack ?? ''}\n`);
  }
}
