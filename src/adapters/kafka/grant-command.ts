import type { KafkaSettings } from './kafka-settings.js';

/** The command that grants rights to the user that is configured. */
export function grantCommand(
  { sasl }: KafkaSettings,
  operations: readonly string[],
  resource: string,
): string {
  const user = sasl !== undefined && 'username' in sasl ? sasl.username : 'NAME';
  const rights = operations.map((operation) => `--operation ${operation}`).join(' ');
  return `Grant it: kafka-acls --add --allow-principal User:${user} ${rights} ${resource}`;
}
