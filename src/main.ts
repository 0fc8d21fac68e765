#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// libuv reads this once, before its first use: decoding runs on these threads.
process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(4, availableParallelism() * 2));

/** A process that was asked to end has this long; Kubernetes kills after 30 s. */
const deadlineMs = 25_000;
/** Milliseconds. Asked again after that, it ends at once, whatever native threads are at. */
const onceMs = 1000;

// Before anything of edgeminer is imported: a SIGTERM during the start ends it in good order too.
const ending = new AbortController();
let askedAt = 0;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (ending.signal.aborted) {
      // npx and shells pass one Ctrl-C on twice.
      if (performance.now() - askedAt > onceMs) process.kill(process.pid, 'SIGKILL');
      return;
    }
    askedAt = performance.now();
    ending.abort();
    setTimeout(() => {
      process.stderr.write(`not ended ${deadlineMs / 1000} s after ${signal}: giving up\n`);
      process.exit(1);
    }, deadlineMs).unref();
  });
}

// Whoever reads the output may stop before its end (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  ending.abort();
});

// Imported only now, so that nothing has used the thread pool before its size was set.
const { runCli } = await import('./cli/program.js');

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')) as {
  version: string;
};

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  workingDirectory: process.cwd(),
  packageRoot,
  version,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  ending: ending.signal,
});

// All is closed by now. kafkajs leaves a socket open where it was told to disconnect while it
// connected, and that would hold the process for ever.
if (ending.signal.aborted) setTimeout(() => process.exit(), 1000).unref();
