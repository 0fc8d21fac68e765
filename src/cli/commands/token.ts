import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { httpSchema } from '../../config/http-settings.js';
import { EdgeminerError } from '../../faults.js';
import { roles } from '../../http/access.js';
import type { Role } from '../../http/access.js';
import { print } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

interface NewOptions extends GlobalOptions {
  readonly name: string;
  readonly role: Role;
  readonly expires?: string;
  readonly project?: readonly string[];
}

export function tokenCommand(parent: Command, world: World): void {
  const token = parent.command('token').description('bearer tokens of the HTTP API');

  withGlobalOptions(
    token
      .command('new')
      .description('make a token: it is shown once, and the configuration keeps its hash')
      .requiredOption('--name <name>', 'who will use it; work is booked under the name')
      .addOption(
        new Option('--role <role>', 'what they may do').choices(roles).makeOptionMandatory(),
      )
      .option('--expires <time>', 'from when it is refused: 2026-12-31, 2026-12-31T18:00Z', day)
      .option('--project <name...>', 'only these projects'),
    'edgeminer token new --name ana --role annotator --expires 2026-12-31 --project north',
  ).action((options: NewOptions) => {
    const { name, role, expires, project } = options;
    // 256 bits, and a prefix by which scanners for secrets know it.
    const secret = `edgeminer_${randomBytes(32).toString('base64url')}`;
    const entry = {
      name,
      role,
      tokenSha256: createHash('sha256').update(secret).digest('hex'),
      ...(expires === undefined ? {} : { expiresAt: expires }),
      ...(project === undefined ? {} : { projects: [...project] }),
    };
    const checked = httpSchema.safeParse({ tokens: [entry] });
    if (!checked.success) {
      throw new EdgeminerError('input.invalid', checked.error.issues[0]?.message ?? '', {
        field: String(checked.error.issues[0]?.path.at(-1) ?? ''),
        mend: 'Mend that option.',
      });
    }
    print(world, { token: secret, entry }, options.json, () => [
      `the token of ${name}, which is not shown again:`,
      '',
      secret,
      '',
      'add to http.tokens of the configuration, and start the server again:',
      '',
      stringify([entry]).trimEnd(),
    ]);
  });
}

/** As the configuration takes it. */
function day(text: string): string {
  if (!Number.isFinite(Date.parse(text))) {
    throw new InvalidArgumentError('It must be a day or a time, such as 2026-12-31.');
  }
  return /^\d{4}-\d\d-\d\d$/u.test(text) ? text : new Date(text).toISOString();
}
