import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDirectoryImageStore } from '../adapters/directory/directory-image-store.js';
import { openDirectoryReferenceStore } from '../adapters/directory/directory-reference-store.js';
import { mongoCheck } from '../adapters/mongo/check-mongo.js';
import { openMongoReferences, openMongoStore } from '../adapters/mongo/open-mongo-store.js';
import { sqliteCheck } from '../adapters/sqlite/check-sqlite.js';
import { openSqliteStore } from '../adapters/sqlite/open-sqlite-store.js';
import type { Config } from '../config/load-config.js';
import type { CuratedSetStore } from '../curate/curated-set-store.js';
import type { ImageShelf } from '../image/image-shelf.js';
import type { KeptAnswers } from '../http/kept-answers.js';
import type { ImageStore } from '../image/image-store.js';
import type { LabelSetStore } from '../label/label-set-store.js';
import type { Outbox } from '../notice/outbox.js';
import type { AnnotatorRecords } from '../queue/annotator-records.js';
import type { AuditTrail } from '../queue/audit-trail.js';
import type { GoldStore } from '../queue/gold-store.js';
import type { ImageUses } from '../queue/image-uses.js';
import type { RelabelQueue, TaskReader } from '../queue/relabel-queue.js';
import { withOutsideImages } from '../queue/outside-images.js';
import type { QueueRules } from '../queue/rules.js';
import type { TaskEraser } from '../queue/task-eraser.js';
import type { TaskGovernor } from '../queue/task-governor.js';
import type { WeightStore } from '../queue/weight-store.js';
import type { ReferenceStore } from '../score/reference-store.js';
import type { Check } from '../telemetry/checkup.js';
import { openFetcher } from './open-fetcher.js';
import { queueRules, weightBook } from './queue-rules.js';
import { s3ImageOptions } from './s3-images.js';
import { subscribersOf } from './subscribers.js';

/** Everything that is kept, behind ports. */
export interface Stores {
  readonly queue: RelabelQueue & TaskReader & TaskGovernor;
  readonly audit: AuditTrail;
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly weights: WeightStore;
  readonly curatedSets: CuratedSetStore;
  readonly answers: KeptAnswers;
  readonly labelSets: LabelSetStore;
  readonly outbox: Outbox;
  readonly images: ImageStore & ImageShelf;
  readonly eraser: TaskEraser & ImageUses;
  readonly references: ReferenceStore;
  /** Reads what annotators are worth anew, for `queue.consensus: dawid-skene`. */
  refreshWeights(): Promise<void>;
  /** Resolves if the store answers; throws `store.unavailable` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export async function openStores(config: Config): Promise<Stores> {
  const book = weightBook(config);
  const stores = await openWith(config, queueRules(config, book));
  const refreshWeights = () => book.refresh(stores.weights);
  try {
    await refreshWeights();
  } catch (error) {
    await stores.close();
    throw error;
  }
  return { ...stores, refreshWeights };
}

async function openWith(
  config: Config,
  rules: QueueRules,
): Promise<Omit<Stores, 'refreshWeights'>> {
  if (config.store.kind === 'mongodb') {
    const mongo = await openMongoStore({
      ...config.store,
      rules,
      subscribers: subscribersOf(config),
    });
    const kept = config.images.kind === 'gridfs' ? mongo.images : await openImages(config);
    const images = withOutside(kept, config, mongo);
    return { ...mongo, images, close: () => closeAll([images, mongo]) };
  }
  const sqlite = await openSqliteStore({
    file: config.store.file,
    rules,
    subscribers: subscribersOf(config),
  });
  const images = withOutside(await openImages(config), config, sqlite);
  const references = await openDirectoryReferenceStore({
    path: join(config.dataDir, 'references'),
  });
  return { ...sqlite, images, references, close: () => closeAll([images, references, sqlite]) };
}

/** Images beside the store: in a folder, or in a bucket. */
async function openImages({ images, dataDir }: Config): Promise<ImageStore & ImageShelf> {
  if (images.kind === 's3') {
    // The SDK takes its time to load.
    const { openS3ImageStore } = await import('../adapters/s3/s3-image-store.js');
    return openS3ImageStore(s3ImageOptions(images));
  }
  return openDirectoryImageStore({
    path: images.kind === 'directory' ? images.path : join(dataDir, 'images'),
  });
}

/** Whatever `images.keep` says now, tasks may have been queued when it said something else. */
function withOutside(
  images: ImageStore & ImageShelf,
  config: Config,
  { queue, eraser }: Pick<Stores, 'queue' | 'eraser'>,
): ImageStore & ImageShelf {
  return withOutsideImages(images, {
    uses: eraser,
    reader: queue,
    openFetcher: () => openFetcher(config),
  });
}

/** The references alone, to be read, of a store that stays as it is; undefined for none yet. */
export async function openReferences({
  store,
  dataDir,
}: Config): Promise<ReferenceStore | undefined> {
  if (store.kind === 'mongodb') return openMongoReferences(store);
  const path = join(dataDir, 'references');
  return existsSync(path) ? openDirectoryReferenceStore({ path }) : undefined;
}

/** What `doctor` asks of the store. */
export function storeCheck({ store }: Config): Check {
  return store.kind === 'mongodb' ? mongoCheck(store) : sqliteCheck(store.file);
}

/** Closes in order; every one gets its turn, and the first failure is thrown at the end. */
export async function closeAll(resources: readonly { close(): Promise<void> }[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for (const resource of resources) {
    try {
      await resource.close();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
