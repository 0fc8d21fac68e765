import { randomBytes, randomUUID } from 'node:crypto';
import type { Config } from '../config/load-config.js';
import { batchId } from '../ids.js';
import { createGoldDesk } from '../queue/gold-desk.js';
import type { GoldDesk } from '../queue/gold-desk.js';
import type { LabelSetFor } from '../queue/checked-label.js';
import { createLabelDesk } from '../queue/label-desk.js';
import type { LabelDesk } from '../queue/label-desk.js';
import { createLabelling } from '../queue/labelling.js';
import type { Labelling } from '../queue/labelling.js';
import { createSupervisorDesk } from '../queue/supervisor-desk.js';
import type { SupervisorDesk } from '../queue/supervisor-desk.js';
import { labelSets } from './open-models.js';
import type { Stores } from './open-stores.js';
import { queueRules } from './queue-rules.js';
import { recordLabelSets } from './record-label-sets.js';
import type { GlobalOptions } from './settings.js';
import { withStores } from './with-stores.js';
import type { World } from './world.js';

export interface Desk {
  readonly config: Config;
  readonly stores: Stores;
  readonly labelling: Labelling;
  readonly desk: LabelDesk;
  readonly supervisor: SupervisorDesk;
  readonly golds: GoldDesk;
  readonly labelSetFor: LabelSetFor;
}

export function labellingAt(config: Config, stores: Stores): Labelling {
  const { share, firstTasks, firstShare, floor, good, evidence } = config.queue.gold;
  return createLabelling({
    queue: stores.queue,
    golds: stores.golds,
    records: stores.annotators,
    labelSetFor: labelSets(config),
    rules: queueRules(config),
    shares: { share, newcomers: { turns: firstTasks, share: firstShare } },
    floor: { floor, good, evidence },
    preAnnotation: config.queue.preAnnotation,
    newSecret: () => randomBytes(32).toString('hex'),
  });
}

export function labelDeskAt(
  world: World,
  config: Config,
  { queue, reader, guard }: Labelling,
): LabelDesk {
  return createLabelDesk({
    queue,
    reader,
    admits: (annotator, now) => guard.admits(annotator, now),
    preAnnotation: config.queue.preAnnotation,
    labelSetFor: labelSets(config),
    now: world.now,
    newBatchId: () => batchId(randomUUID()),
    leaseSeconds: config.queue.leaseSeconds,
    maxBatch: config.queue.maxBatch,
  });
}

export function supervisorDeskAt(world: World, config: Config, { queue }: Stores): SupervisorDesk {
  return createSupervisorDesk({
    governor: queue,
    reader: queue,
    labelSetFor: labelSets(config),
    now: world.now,
  });
}

export function goldDeskAt(world: World, config: Config, stores: Stores): GoldDesk {
  return createGoldDesk({
    golds: stores.golds,
    reader: stores.queue,
    audit: stores.audit,
    labelSetFor: labelSets(config),
    now: world.now,
  });
}

/** Opens the stores for one command at the queue, and closes them after it. */
export async function atDesk(
  world: World,
  options: GlobalOptions,
  work: (desk: Desk) => Promise<void>,
): Promise<void> {
  await withStores(world, options, async (config, stores) => {
    await recordLabelSets(config, stores.labelSets, world.now());
    const labelling = labellingAt(config, stores);
    await work({
      config,
      stores,
      labelling,
      desk: labelDeskAt(world, config, labelling),
      supervisor: supervisorDeskAt(world, config, stores),
      golds: goldDeskAt(world, config, stores),
      labelSetFor: labelSets(config),
    });
  });
}
