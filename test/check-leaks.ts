/**
 * Setup file of every project: fails a test file that leaves something open which would keep a
 * process alive (a server, a socket, a child process, a worker thread, an interval).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, expect } from 'vitest';

const graceMs = 3000;
const pauseMs = 50;

/** What is open by kind; the pipe to vitest, its timers and the terminal are in the baseline. */
function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

const baseline = openResources();

// Node does not list worker threads among the resources.
const workers = new Set<Worker>();
process.on('worker', (worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

function leaks(): string[] {
  const resources = [...openResources()]
    .map(([kind, count]) => [kind, count - (baseline.get(kind) ?? 0)] as const)
    .filter(([, more]) => more > 0)
    .map(([kind, more]) => `${kind} x ${more}`);
  return workers.size === 0 ? resources : [...resources, `worker thread x ${workers.size}`];
}

// Registered first, so it runs after the hooks of the file itself.
afterAll(async () => {
  const deadline = Date.now() + graceMs;
  while (leaks().length > 0 && Date.now() < deadline)
    await delay(pauseMs, undefined, { ref: false });
  expect(leaks(), 'left open by this file (close it in afterAll or finally)').toEqual([]);
}, graceMs + 5000);
