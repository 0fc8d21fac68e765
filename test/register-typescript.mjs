import { isMainThread } from 'node:worker_threads';

// The main thread's TypeScript is vitest's; only worker threads need a loader of their own.
if (!isMainThread) await import('ts-blank-space/register');
