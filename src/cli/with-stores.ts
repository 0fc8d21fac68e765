import type { Config } from '../config/load-config.js';
import { openStores } from './open-stores.js';
import type { Stores } from './open-stores.js';
import { configFor } from './settings.js';
import type { GlobalOptions } from './settings.js';
import type { World } from './world.js';

/** Opens the stores for one command, and closes them after it. */
export async function withStores(
  world: World,
  options: GlobalOptions,
  work: (config: Config, stores: Stores) => Promise<void>,
): Promise<void> {
  const config = await configFor(world, options);
  const stores = await openStores(config);
  try {
    await work(config, stores);
  } finally {
    await stores.close();
  }
}
