import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What the process tells Prometheus. docs/metrics.md has a line for each metric; a test holds
 * the two together. The first group of methods is what mining reports; none of them throws.
 */
export interface Metrics {
  /** `model` is undefined where the event could not be read. */
  eventSettled(model: string | undefined, outcome: EventOutcome): void;
  candidateQueued(reasons: readonly string[]): void;
  deadLettered(code: string): void;
  retried(code: string): void;
  noReference(model: string): void;
  embeddingDiffers(model: string): void;
  ownScoreFailed(score: string): void;
  /** What is being worked on now. */
  inFlight(events: number, bytes: number): void;
  stationTook(station: Station, seconds: number): void;

  requestServed(request: ServedRequest): void;
  /** Asked at each scrape: how far behind the source is. */
  watchBacklog(backlog: () => readonly PartitionBacklog[]): void;
  /** Measures the event loop from now on; answers how to stop. */
  watchEventLoop(): () => void;
  /** Asked at most every 15 seconds; while it fails, `edgeminer_queue_tasks` has no samples. */
  watchQueue(tasksByState: () => Promise<Readonly<Record<string, number>>>): void;

  webhookTried(endpoint: string, outcome: WebhookOutcome): void;
  /** Asked at most every 15 seconds; while it fails, the gauges of webhooks have no samples. */
  watchWebhooks(standing: () => Promise<readonly WebhookStanding[]>, now: () => number): void;

  /** Prometheus text exposition of everything. */
  render(): Promise<string>;
  readonly contentType: string;
  /** Names of all metrics, in order of registration. */
  readonly names: readonly string[];
}

export interface PartitionBacklog {
  readonly partition: number;
  readonly lag: number;
  readonly oldestMs: number;
}

export type WebhookOutcome = 'delivered' | 'failed' | 'dead' | 'lost';

export interface WebhookStanding {
  readonly endpoint: string;
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest that waits happened. Milliseconds since 1970-01-01 UTC. */
  readonly oldestAt: number | undefined;
}

export type EventOutcome =
  'queued' | 'known' | 'other-picture' | 'duplicate' | 'passed' | 'dead_letter';
export type Station = 'read' | 'image' | 'score' | 'decide' | 'queue';

export interface ServedRequest {
  /** The route's pattern, never the URL: `/v1/tasks/{id}`. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Counting tasks reads all of them; Prometheus may ask oftener. */
const queueAskedMs = 15_000;

/** Model names come from producers; beyond this many, they are counted as `other`. */
const modelsNamed = 100;

/** Has a registry of its own: two in one process count apart. Holds no timer and no handle. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const events = new Counter({
    name: 'edgeminer_events_total',
    help: 'Events dealt with, by model and by what became of them.',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const candidates = new Counter({
    name: 'edgeminer_candidates_total',
    help: 'Candidates queued, by reason; one with two reasons counts under both.',
    labelNames: ['reason'],
    registers,
  });
  const deadLetters = new Counter({
    name: 'edgeminer_dead_letters_total',
    help: 'Records sent to the dead letters, by fault code.',
    labelNames: ['code'],
    registers,
  });
  const retries = new Counter({
    name: 'edgeminer_retries_total',
    help: 'Tries repeated because something depended on was away, by fault code.',
    labelNames: ['code'],
    registers,
  });
  const withoutReference = new Counter({
    name: 'edgeminer_no_reference_total',
    help: 'Events scored without a reference, by model.',
    labelNames: ['model'],
    registers,
  });
  const embeddingsDiffer = new Counter({
    name: 'edgeminer_embedding_differs_total',
    help: "Events whose embedding is of another length than their reference's, by model.",
    labelNames: ['model'],
    registers,
  });
  const scoreFailures = new Counter({
    name: 'edgeminer_own_score_failures_total',
    help: "Events that a score of the user's own failed at, and that went on without it.",
    labelNames: ['score'],
    registers,
  });
  const eventsInFlight = new Gauge({
    name: 'edgeminer_in_flight',
    help: 'Events being worked on now.',
    registers,
  });
  const bytesInFlight = new Gauge({
    name: 'edgeminer_bytes_in_flight',
    help: 'Image bytes of the events being worked on now.',
    registers,
  });
  const stations = new Histogram({
    name: 'edgeminer_station_seconds',
    help: 'Time that an event spent at a station of the path, in seconds.',
    labelNames: ['station'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  let backlog: () => readonly PartitionBacklog[] = () => [];
  new Gauge({
    name: 'edgeminer_lag',
    help: 'Records of a partition that are not settled yet, up to its end as last seen.',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const { partition, lag } of backlog()) this.set({ partition }, lag);
    },
  });
  new Gauge({
    name: 'edgeminer_oldest_unsettled_seconds',
    help: 'How long the oldest record of a partition that is worked on has not been settled.',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const { partition, oldestMs } of backlog()) this.set({ partition }, oldestMs / 1000);
    },
  });
  let eventLoop: IntervalHistogram | undefined;
  new Gauge({
    name: 'edgeminer_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape, by quantile.',
    labelNames: ['quantile'],
    registers,
    collect() {
      this.reset();
      if (eventLoop === undefined) return;
      for (const quantile of [0.5, 0.99]) {
        this.set({ quantile }, eventLoop.percentile(quantile * 100) / 1e9);
      }
      eventLoop.reset();
    },
  });
  new Gauge({
    name: 'edgeminer_resident_bytes',
    help: 'Memory of the process that is resident.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  let tasksByState: () => Promise<Readonly<Record<string, number>>> = () => Promise.resolve({});
  new Gauge({
    name: 'edgeminer_queue_tasks',
    help: 'Tasks in the relabeling queue, by state.',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await tasksByState().catch(() => ({}));
      this.reset();
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  const requests = new Histogram({
    name: 'edgeminer_http_request_seconds',
    help: 'Time from receiving a request to the end of its answer, in seconds.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const webhooks = webhookMetrics(registers);
  const named = boundedNames(modelsNamed);

  return {
    eventSettled: (model, outcome) => events.inc({ model: named(model), outcome }),
    candidateQueued: (reasons) => reasons.forEach((reason) => candidates.inc({ reason })),
    deadLettered: (code) => deadLetters.inc({ code }),
    retried: (code) => retries.inc({ code }),
    noReference: (model) => withoutReference.inc({ model: named(model) }),
    embeddingDiffers: (model) => embeddingsDiffer.inc({ model: named(model) }),
    ownScoreFailed: (score) => scoreFailures.inc({ score }),
    inFlight: (count, bytes) => {
      eventsInFlight.set(count);
      bytesInFlight.set(bytes);
    },
    stationTook: (station, seconds) => stations.observe({ station }, seconds),
    requestServed: ({ seconds, ...labels }) => requests.observe(labels, seconds),
    watchQueue: (source) => {
      tasksByState = atMostEvery(queueAskedMs, source);
    },
    watchBacklog: (source) => {
      backlog = source;
    },
    watchEventLoop: () => {
      const histogram = monitorEventLoopDelay({ resolution: 10 });
      histogram.enable();
      eventLoop = histogram;
      return () => histogram.disable();
    },
    ...webhooks,
    render: () => registry.metrics(),
    contentType: registry.contentType,
    names: registry.getMetricsAsArray().map(({ name }) => name),
  };
}

function webhookMetrics(registers: Registry[]): Pick<Metrics, 'webhookTried' | 'watchWebhooks'> {
  const tries = new Counter({
    name: 'edgeminer_webhook_tries_total',
    help: 'Tries to deliver a message to an endpoint, by what became of them.',
    labelNames: ['endpoint', 'outcome'],
    registers,
  });
  let ask: () => Promise<readonly WebhookStanding[]> = () => Promise.resolve([]);
  let now: () => number = () => 0;
  const gauge = (name: string, help: string, of: (one: WebhookStanding) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['endpoint'],
      registers,
      async collect() {
        const standing = await ask().catch(() => []);
        this.reset();
        for (const one of standing) this.set({ endpoint: one.endpoint }, of(one));
      },
    });
  gauge(
    'edgeminer_webhook_messages_waiting',
    'Messages that are to be delivered yet, now or later.',
    ({ waiting }) => waiting,
  );
  gauge(
    'edgeminer_webhook_messages_dead',
    'Messages that are not tried any more.',
    ({ dead }) => dead,
  );
  gauge(
    'edgeminer_webhook_oldest_seconds',
    'Age of the oldest message that waits; 0 where none does.',
    ({ oldestAt }) => (oldestAt === undefined ? 0 : Math.max(0, (now() - oldestAt) / 1000)),
  );
  return {
    webhookTried: (endpoint, outcome) => tries.inc({ endpoint, outcome }),
    watchWebhooks: (standing, clock) => {
      ask = atMostEvery(queueAskedMs, standing);
      now = clock;
    },
  };
}

function boundedNames(limit: number): (name: string | undefined) => string {
  const seen = new Set<string>();
  return (name) => {
    if (name === undefined) return 'unreadable';
    if (seen.has(name)) return name;
    if (seen.size >= limit) return 'other';
    seen.add(name);
    return name;
  };
}

/** The last answer, for a while; a failure is not kept. */
function atMostEvery<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at >= ms) {
      const answer = ask();
      last = { at: performance.now(), answer };
      answer.catch(() => (last = undefined));
    }
    return last.answer;
  };
}
