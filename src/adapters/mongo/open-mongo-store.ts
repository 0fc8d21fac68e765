import { MongoClient, MongoServerError, MongoServerSelectionError } from 'mongodb';
import type { CuratedSetStore } from '../../curate/curated-set-store.js';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { ImageShelf } from '../../image/image-shelf.js';
import type { KeptAnswers } from '../../http/kept-answers.js';
import type { ImageStore } from '../../image/image-store.js';
import type { AnnotatorRecords } from '../../queue/annotator-records.js';
import type { LabelSetStore } from '../../label/label-set-store.js';
import { nobody } from '../../notice/notice.js';
import type { Subscribers } from '../../notice/notice.js';
import type { Outbox } from '../../notice/outbox.js';
import type { AuditTrail } from '../../queue/audit-trail.js';
import type { GoldStore } from '../../queue/gold-store.js';
import type { ImageUses } from '../../queue/image-uses.js';
import type { RelabelQueue, TaskReader } from '../../queue/relabel-queue.js';
import { defaultRules } from '../../queue/rules.js';
import type { QueueRules } from '../../queue/rules.js';
import type { TaskEraser } from '../../queue/task-eraser.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import type { WeightStore } from '../../queue/weight-store.js';
import type { ReferenceStore } from '../../score/reference-store.js';
import { guarded } from './content-addressed-bucket.js';
import { openGridFsImageStore } from './gridfs-image-store.js';
import { openGridFsReferenceStore } from './gridfs-reference-store.js';
import { mongoAnnotators, openAnnotators } from './mongo-annotators.js';
import { mongoAuditTrail } from './mongo-audit-trail.js';
import { openMongoCuratedSets } from './mongo-curated-sets.js';
import { mongoGold, openGold } from './mongo-gold.js';
import { openMongoKeptAnswers } from './mongo-kept-answers.js';
import { openMongoLabelSets } from './mongo-label-sets.js';
import { closedTrailsOf, mongoEraser } from './mongo-eraser.js';
import { mongoOutbox } from './mongo-outbox.js';
import { mongoQueue } from './mongo-queue.js';
import { mongoWeights, openWeights } from './mongo-weights.js';
import { openTasks } from './open-tasks.js';
import { openTelling } from './tell-steps.js';

export interface MongoStore {
  readonly queue: RelabelQueue & TaskReader & TaskGovernor;
  readonly audit: AuditTrail;
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly weights: WeightStore;
  readonly curatedSets: CuratedSetStore;
  readonly answers: KeptAnswers;
  readonly labelSets: LabelSetStore;
  readonly outbox: Outbox;
  readonly eraser: TaskEraser & ImageUses;
  readonly images: ImageStore & ImageShelf;
  readonly references: ReferenceStore;
  /** Rejects with `store.unavailable` while there is no primary. */
  ping(): Promise<void>;
  /** Closes the connection for all of the above; idempotent. */
  close(): Promise<void>;
}

export interface MongoStoreOptions {
  readonly uri: string;
  readonly database: string;
  /** Spreads claimers that collide; uniform in [0, 1). */
  readonly random?: () => number;
  /** `defaultRules` where they are left out. */
  readonly rules?: QueueRules;
  /** Who is told of what; nobody where it is left out. */
  readonly subscribers?: Subscribers;
}

/**
 * The store in MongoDB. What a method acknowledges is in the journals of a majority of the
 * replica set. A call against a database that is away fails within about ten seconds.
 * @throws EdgeminerError `config.invalid` for an address or a user that can't be right;
 * `store.unavailable`
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const {
    uri,
    database,
    random = Math.random,
    rules = defaultRules,
    subscribers = nobody,
  } = options;
  const client = await connectMongo(uri);
  try {
    const db = client.db(database);
    const telling = await openTelling(db, subscribers);
    const [collections, gold, curatedSets, labelSets, answers, images, references] =
      await Promise.all([
        openTasks(db),
        openGold(db),
        openMongoCuratedSets(db, telling),
        openMongoLabelSets(db),
        openMongoKeptAnswers(db),
        openGridFsImageStore(db),
        openGridFsReferenceStore(db),
      ]);
    const [annotators, weights] = [openAnnotators(db), openWeights(db)];
    const closed = closedTrailsOf(db);
    return {
      queue: mongoQueue({ ...collections, random, rules, telling, closed }),
      audit: mongoAuditTrail(collections, { ...gold, annotators, weights }),
      golds: mongoGold({ ...collections, ...telling, ...gold, annotators }),
      annotators: mongoAnnotators(annotators),
      weights: mongoWeights(weights),
      curatedSets,
      answers,
      labelSets,
      outbox: mongoOutbox(telling.messages),
      eraser: mongoEraser({ ...collections, ...telling, ...gold, closed }),
      images,
      references,
      ping: async () => {
        await guarded(() => db.command({ ping: 1 }, { readPreference: 'primary' }));
      },
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** The references alone, to be read; makes nothing that is not there. Throws as the store does. */
export async function openMongoReferences({
  uri,
  database,
}: MongoStoreOptions): Promise<ReferenceStore> {
  const client = await connectMongo(uri);
  const references = await openGridFsReferenceStore(client.db(database), { toRead: true });
  return { ...references, close: () => client.close() };
}

/** A client with the guarantees of the store; who asks for it closes it. Throws as the store does. */
export async function connectMongo(uri: string): Promise<MongoClient> {
  const client = clientFor(uri);
  try {
    await connect(client);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

function clientFor(uri: string): MongoClient {
  try {
    return new MongoClient(uri, {
      appName: 'edgeminer',
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: 10_000 },
      readPreference: 'primary',
      retryReads: true,
      retryWrites: true,
      serverSelectionTimeoutMS: 5000,
      connectTimeoutMS: 5000,
      // Ends a call on a connection that died without a word.
      socketTimeoutMS: 60_000,
      ignoreUndefined: true,
    });
  } catch (error) {
    throw badSetting(`is not valid: ${messageOf(error)}`);
  }
}

/** Codes of the server for a wrong password and for a missing permission. */
const refusals: ReadonlySet<unknown> = new Set([18, 13]);

async function connect(client: MongoClient): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof MongoServerError && refusals.has(error.code)) {
      throw badSetting(`was refused: ${messageOf(error)}`);
    }
    const text = textsOf(error);
    if (/self[- ]signed|unable to (get|verify)|certificate has expired|altname/i.test(text)) {
      throw badSetting(
        `leads to a server that is not trusted (${messageOf(error)}); name its authority with tlsCAFile`,
      );
    }
    await guarded(() => Promise.reject(error as Error));
  }
}

/** The messages of an error, its causes, and what the driver says of each server. */
function textsOf(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error && texts.length < 10; at = at.cause) {
    texts.push(at.message);
    if (!(at instanceof MongoServerSelectionError)) continue;
    for (const server of at.reason?.servers.values() ?? []) texts.push(messageOf(server.error));
  }
  return texts.join('; ');
}

function badSetting(what: string): EdgeminerError {
  return new EdgeminerError('config.invalid', `the address of MongoDB ${what}`, {
    field: 'store.uri',
    mend: 'Correct store.uri or MONGODB_URI: mongodb://user:password@host:27017/?replicaSet=rs0',
  });
}
