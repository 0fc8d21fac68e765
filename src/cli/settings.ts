import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/load-config.js';
import { createLogger } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';
import type { World } from './world.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** The configuration that `--config`, EDGEMINER_CONFIG or the working directory names. */
export function configFor(world: World, options: GlobalOptions): Promise<Config> {
  return loadConfig({
    file: options.config ?? world.environment['EDGEMINER_CONFIG'],
    workingDirectory: world.workingDirectory,
    environment: world.environment,
    packagedModels: join(world.packageRoot, 'models'),
  });
}

export function loggerFor(config: Config): Logger {
  return createLogger({ level: config.log.level });
}

/** Adds the options that every command takes, and its example. */
export function withGlobalOptions(command: Command, example: string): Command {
  return command
    .option('--config <file>', 'settings file (default: edgeminer.config.yaml, if it is there)')
    .option('--json', 'print the result as JSON, for machines')
    .addHelpText('after', `\nExample:\n  ${example}\n`);
}
