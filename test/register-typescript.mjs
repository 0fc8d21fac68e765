import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

// The main thread's TypeScript is vitest's; only worker threads need a loader of their own.
if (!isMainThread) register();
