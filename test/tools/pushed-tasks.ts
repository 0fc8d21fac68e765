import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { ImageStore } from '../../src/image/image-store.js';
import { annotatorId, batchId } from '../../src/ids.js';
import type { AnnotatorId, TaskId } from '../../src/ids.js';
import type { LabelSet } from '../../src/label/label.js';
import { createLabelDesk } from '../../src/queue/label-desk.js';
import { defaultRules } from '../../src/queue/rules.js';
import type { TaskContent } from '../../src/queue/task.js';
import type { AnnotationTool } from '../../src/queue/tools/annotation-tool.js';
import { createToolDesk } from '../../src/queue/tools/tool-desk.js';
import { asOffers, candidate } from '../conformance/candidate.js';

const boxSet: LabelSet = {
  name: 'animals',
  version: 2,
  kind: 'boxes',
  classes: ['cat', 'dog'],
  attributes: [{ name: 'asleep', on: 'object', required: false, kind: 'boolean' }],
  text: 'optional',
};

/** A queue on SQLite with `count` tasks whose pictures are there, at which a tool's desk works. */
export async function openTasks(count: number, options: { readonly overlap?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-tools-'));
  const rules = { ...defaultRules, overlapOf: () => options.overlap ?? 1 };
  const store = await openSqliteStore({ file: join(folder, 'queue.db'), rules });
  const images = await openDirectoryImageStore({ path: join(folder, 'images') });
  const time = { now: Date.UTC(2026, 2, 1, 8) };
  const contents: TaskContent[] = [];
  for (let n = 0; n < count; n += 1) {
    const colour = { r: n, g: 80, b: 120 };
    const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: colour } });
    const bytes = await picture.png().toBuffer();
    const hash = await images.put(bytes, 'image/png');
    const made = candidate(n, { priority: 0.9 - n / 1000 });
    contents.push({
      ...made,
      image: { ...made.image, hash, contentType: 'image/png', width: 64, height: 48 },
      predictions: {
        kind: 'detection',
        imageWidth: 64,
        imageHeight: 48,
        boxes: [{ label: 'cat', score: 0.75, x: 16, y: 12, width: 32, height: 24 }],
      },
    });
  }
  await store.queue.offer(asOffers(contents), time.now);
  let batches = 0;
  const desk = createLabelDesk({
    queue: store.queue,
    reader: store.queue,
    labelSetFor: () => boxSet,
    now: () => time.now,
    newBatchId: () => batchId(`batch-${(batches += 1)}`),
    leaseSeconds: 600,
    maxBatch: 100,
  });
  return {
    folder,
    store,
    images,
    desk,
    time,
    deskFor: (tool: AnnotationTool, pictures: Pick<ImageStore, 'get' | 'has'> = images) =>
      createToolDesk({
        tool,
        holder: annotatorId('the-tool'),
        desk,
        reader: store.queue,
        images: pictures,
        labelSetFor: () => boxSet,
        labelSets: [boxSet],
        annotatorOf: (person) => annotatorId(person === 'bo@example.com' ? 'bo' : person),
        leaseSeconds: 600,
        maxBatch: 100,
        now: () => time.now,
      }),
    /** Labels one task with a box, as somebody else than the tool does. */
    async labelOne(annotator: AnnotatorId): Promise<TaskId> {
      const leased = await desk.lease({ annotator, limit: 1, filter: {} });
      const [task] = leased.kind === 'leased' ? leased.tasks : [];
      if (leased.kind === 'refused' || task === undefined) throw new Error('nothing was leased');
      const claim = { taskId: task.id, batchId: leased.batchId, fence: task.fence };
      const box = { class: 'cat', x: 16, y: 12, width: 32, height: 24 };
      const answered = await desk.submit({
        claim,
        annotator,
        body: { kind: 'boxes', boxes: [box] },
      });
      if (answered.kind === 'refused') throw answered.fault;
      return task.id;
    },
    async remove() {
      await images.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}
