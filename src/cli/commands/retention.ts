import type { Command } from 'commander';
import { applyRetention, retentionClasses } from '../../curate/retention.js';
import type { RetentionReport, Tally } from '../../curate/retention.js';
import { print, table } from '../output.js';
import { retentionPolicy } from '../retention-schedule.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import { withStores } from '../with-stores.js';
import type { World } from '../world.js';

interface ApplyOptions extends GlobalOptions {
  readonly dryRun?: boolean;
}

export function retentionCommand(parent: Command, world: World): void {
  const retention = parent.command('retention').description('how long images are kept');
  withGlobalOptions(
    retention
      .command('apply')
      .description('remove the images whose time is over, as retention of the settings says')
      .option('--dry-run', 'say what would be removed, and remove nothing'),
    'edgeminer retention apply --dry-run',
  ).action((options: ApplyOptions) => apply(world, options));
}

async function apply(world: World, options: ApplyOptions): Promise<void> {
  await withStores(world, options, async (config, stores) => {
    const report = await applyRetention(
      { shelf: stores.images, uses: stores.eraser, sets: stores.curatedSets },
      retentionPolicy(config),
      { now: world.now(), dryRun: options.dryRun === true },
    );
    print(world, report, options.json, linesOf);
  });
}

function linesOf({ dryRun, looked, removed, kept }: RetentionReport): string[] {
  const row = (what: string, why: string, { images, bytes }: Tally) => [what, why, images, bytes];
  return [
    ...table([
      ['what', 'why', 'images', 'bytes'],
      ...retentionClasses.map((name) =>
        row(dryRun ? 'would be removed' : 'removed', name, removed[name]),
      ),
      row('kept', 'tasks need it', kept.tasks),
      row('kept', 'gold tasks in use', kept['gold-tasks']),
      row('kept', 'in a curated set', kept['curated-sets']),
      row('kept', 'put not long ago', kept['put-since']),
      row('in all', '', looked),
    ]),
  ];
}
