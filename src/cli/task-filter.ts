import type { Command } from 'commander';
import { moment, reasonArgument } from './arguments.js';

/** Adds the options that choose tasks. */
export function filtered(command: Command): Command {
  return command
    .option('--model <name>', 'only tasks of this model')
    .option('--source <id>', 'only tasks of this source')
    .option('--reason <reason>', 'only tasks queued for this', reasonArgument)
    .option('--class <name>', 'only tasks that the model took most for this class')
    .option('--project <name>', 'only tasks whose event has the tag project=<name>')
    .option('--offered-from <time>', 'only tasks queued at this time or later', moment)
    .option('--offered-to <time>', 'only tasks queued at this time or before', moment)
    .option('--occurred-from <time>', 'only events of this time or later', moment)
    .option('--occurred-to <time>', 'only events of this time or before', moment);
}
