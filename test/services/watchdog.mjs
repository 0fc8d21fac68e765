/**
 * Outlives vitest's main process by a moment. It reads on stdin what that process has started,
 * and when stdin ends, by a normal close or because the process was killed, it stops those
 * process groups and removes those folders. So nothing is left behind however a run ends.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const graceMs = 2000;
const groups = new Set();
const folders = new Set();

/** Signals a process group; answers whether it still exists. */
function signal(group, name) {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { started, ended, folder } = JSON.parse(line);
  if (started !== undefined) groups.add(started);
  if (ended !== undefined) groups.delete(ended);
  if (folder !== undefined) folders.add(folder);
}

for (const group of groups) signal(group, 'SIGTERM');
const deadline = Date.now() + graceMs;
while (Date.now() < deadline && [...groups].some((group) => signal(group, 0))) await delay(50);
for (const group of groups) signal(group, 'SIGKILL');
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
