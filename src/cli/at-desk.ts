import { randomUUID } from 'node:crypto';
import type { Config } from '../config/load-config.js';
import { batchId } from '../ids.js';
import type { LabelSetFor } from '../queue/checked-label.js';
import { createLabelDesk } from '../queue/label-desk.js';
import type { LabelDesk } from '../queue/label-desk.js';
import { createSupervisorDesk } from '../queue/supervisor-desk.js';
import type { SupervisorDesk } from '../queue/supervisor-desk.js';
import { labelSets } from './open-models.js';
import { openStores } from './open-stores.js';
import type { Stores } from './open-stores.js';
import { recordLabelSets } from './record-label-sets.js';
import { configFor } from './settings.js';
import type { GlobalOptions } from './settings.js';
import type { World } from './world.js';

export interface Desk {
  readonly config: Config;
  readonly stores: Stores;
  readonly desk: LabelDesk;
  readonly supervisor: SupervisorDesk;
  readonly labelSetFor: LabelSetFor;
}

export function labelDeskAt(world: World, config: Config, { queue }: Stores): LabelDesk {
  return createLabelDesk({
    queue,
    reader: queue,
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

/** Opens the stores for one command at the queue, and closes them after it. */
export async function atDesk(
  world: World,
  options: GlobalOptions,
  work: (desk: Desk) => Promise<void>,
): Promise<void> {
  const config = await configFor(world, options);
  const stores = await openStores(config);
  try {
    await recordLabelSets(config, stores.labelSets, world.now());
    const desk = labelDeskAt(world, config, stores);
    const supervisor = supervisorDeskAt(world, config, stores);
    await work({ config, stores, desk, supervisor, labelSetFor: labelSets(config) });
  } finally {
    await stores.close();
  }
}
