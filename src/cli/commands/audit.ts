import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { EdgeminerError } from '../../faults.js';
import { annotatorId, taskId } from '../../ids.js';
import type { TaskId } from '../../ids.js';
import { verifyChain } from '../../queue/audit.js';
import { verifyPage } from '../../queue/verify-trail.js';
import type { BrokenChain, Trails } from '../../queue/verify-trail.js';
import { atDesk } from '../at-desk.js';
import { print, progress, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

/** Chains read at once by `verify`. */
const pageSize = 200;

export function auditCommand(parent: Command, world: World): void {
  const audit = parent.command('audit').description('the audit trail of the relabeling queue');

  withGlobalOptions(
    audit
      .command('show')
      .description('all that happened to a task: when, who, what, from where')
      .argument('<task>', 'task id'),
    'edgeminer audit show 5e88...',
  ).action((id: string, options: GlobalOptions) =>
    atDesk(world, options, async ({ stores }) => {
      const found = await stores.audit.audited(taskId(id));
      if (found === undefined) throw noSuchTask(id);
      const { entries } = found;
      const names = await stores.audit.namesOf(entries.map(({ actor }) => actor));
      const shown = entries.map(({ actor, at, ...entry }) => ({
        at: new Date(at).toISOString(),
        who: names.get(actor) ?? actor,
        ...entry,
      }));
      const verdict = verifyChain(found);
      print(world, { entries: shown, verdict }, options.json, () => [
        ...table([
          ['entry', 'when', 'who', 'what', 'from', 'to', 'round', 'fence', 'detail'],
          ...shown.map((one) => [
            one.seq,
            one.at,
            one.who,
            one.action,
            one.from,
            one.to,
            one.round,
            one.fence,
            Object.entries(one.detail)
              .map(([key, value]) => `${key}=${value}`)
              .join(' '),
          ]),
        ]),
        verdict.kind === 'broken'
          ? `broken at entry ${verdict.seq}: ${verdict.why}`
          : verdict.kind === 'whole'
            ? 'the chain is whole'
            : 'the task is older than the audit trail',
      ]);
    }),
  );

  withGlobalOptions(
    audit
      .command('verify')
      .description("walk every task's chain, and say where the first one is broken"),
    'edgeminer audit verify',
  ).action((options: GlobalOptions) =>
    atDesk(world, options, async ({ stores }) => {
      const result = await verifyAll(world, stores);
      print(world, result, options.json, (r) => [
        `${r.whole} chains whole, ${r.noTrail} tasks older than the trail, ${r.broken} broken, ${r.erased} erased`,
        ...(r.first === null
          ? []
          : [`first break: task ${r.first.task}, entry ${r.first.entry}: ${r.first.why}`]),
      ]);
      if (result.first === null) return;
      const { task, entry, why } = result.first;
      throw new EdgeminerError('audit.broken', `task ${task}, entry ${entry}: ${why}`, {
        field: 'task',
        mend: 'Compare the task with a backup, and find out who writes to the store.',
      });
    }),
  );

  withGlobalOptions(
    audit
      .command('pseudonymise')
      .description("put a pseudonym in the place of a person's name, everywhere in the queue")
      .argument('<name>', 'the name as it stands in tasks'),
    'edgeminer audit pseudonymise ada',
  ).action((name: string, options: GlobalOptions) =>
    atDesk(world, options, async ({ stores }) => {
      const pseudonym = annotatorId(`person-${randomBytes(6).toString('hex')}`);
      const outcome = await stores.audit.pseudonymise(annotatorId(name), pseudonym);
      if (outcome.kind === 'unknown-person') {
        throw new EdgeminerError('person.not-found', `nobody is called ${name}`, {
          field: 'name',
          mend: 'Give the name as it stands in tasks, in the same case.',
        });
      }
      print(world, outcome, options.json, (r) => [
        `${name} is ${r.pseudonym} now, on ${r.tasks} tasks and in the audit trail`,
        'curated sets that were made before are not changed: they keep the name',
      ]);
    }),
  );
}

interface Verification {
  readonly whole: number;
  readonly noTrail: number;
  /** Whole, and closed by the erasure of their tasks. */
  readonly erased: number;
  readonly broken: number;
  readonly first: BrokenChain | null;
}

async function verifyAll(world: World, trails: Trails): Promise<Verification> {
  const counts = { whole: 0, noTrail: 0, erased: 0, broken: 0 };
  let first: BrokenChain | null = null;
  const shown = progress(world, 'tasks', undefined);
  let after: TaskId | undefined;
  do {
    const page = await verifyPage(trails, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    counts.whole += page.whole;
    counts.noTrail += page.noTrail;
    counts.erased += page.erased;
    counts.broken += page.broken.length;
    first ??= page.broken[0] ?? null;
    shown.update(counts.whole + counts.noTrail + counts.erased + counts.broken);
    after = page.next;
  } while (after !== undefined);
  shown.end();
  return { ...counts, first };
}

function noSuchTask(id: string): EdgeminerError {
  return new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'task',
    mend: 'Take task ids from edgeminer queue list.',
  });
}
