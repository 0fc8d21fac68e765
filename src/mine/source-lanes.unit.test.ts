import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceLanes } from './source-lanes.js';

describe('SourceLanes', () => {
  it('lets each source through in order, whatever finishes first', async () => {
    const arrival = fc.record({ source: fc.constantFrom('a', 'b', 'c'), work: fc.nat({ max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 40 }), async (arrivals) => {
        const lanes = new SourceLanes();
        const through: { source: string; place: number }[] = [];
        await Promise.all(
          arrivals.map(async ({ source, work }, place) => {
            const lane = lanes.enter(source);
            for (let tick = 0; tick < work; tick++) await Promise.resolve();
            // Some never need their turn, as an event that is passed.
            if (work > 1) {
              await lane.turn;
              through.push({ source, place });
            }
            lane.leave();
          }),
        );
        for (const source of ['a', 'b', 'c']) {
          const places = through.filter((t) => t.source === source).map((t) => t.place);
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('does not let one source wait for another', async () => {
    const lanes = new SourceLanes();
    lanes.enter('slow');
    await lanes.enter('fast').turn;
  });
});
