import type { Config } from '../config/load-config.js';
import type { Subscribers } from '../notice/notice.js';

/** Who hears of what, as it is configured. */
export function subscribersOf({ webhooks }: Config): Subscribers {
  return (event) =>
    webhooks.endpoints.filter(({ events }) => events.includes(event)).map(({ name }) => name);
}
