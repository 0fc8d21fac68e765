import type { CuratedItem, CuratedSet } from '../../curate/curated-set.js';
import type { EdgeCasePublisher } from '../../curate/edge-case-publisher.js';
import type { Sender } from './sender.js';

/** Records are some kilobytes each: a request stays far below the brokers' limits. */
const recordsPerRequest = 100;

export function openKafkaEdgeCasePublisher(sender: Sender, topic: string): EdgeCasePublisher {
  return {
    async publish(set) {
      for (let at = 0; at < set.items.length; at += recordsPerRequest) {
        const items = set.items.slice(at, at + recordsPerRequest);
        await sender.send(
          topic,
          items.map((item) => ({
            key: `${set.version}/${item.taskId}`,
            value: JSON.stringify(curatedEdgeCase(set, item)),
          })),
        );
      }
      return set.items.length;
    },
    close: () => sender.close(),
  };
}

/** The record of schemas/curated-edge-case.v1.schema.json. */
function curatedEdgeCase(set: CuratedSet, item: CuratedItem): object {
  const { version, name, createdAt, items } = set;
  return { set: { version, name, createdAt, items: items.length }, ...item };
}
