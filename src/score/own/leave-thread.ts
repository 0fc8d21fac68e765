import type { Worker } from 'node:worker_threads';

/**
 * Leaves a thread to itself that can't be ended: it is in a call that is not JavaScript's, an
 * inference or `execSync`. Node would wait for it at the end of the process, perhaps for ever,
 * with the message printed and deaf to every signal; so the process then ends by SIGKILL.
 */
export function leaveThread(worker: Worker): void {
  worker.unref();
  const kill = () => process.kill(process.pid, 'SIGKILL');
  process.once('exit', kill);
  worker.once('exit', () => process.off('exit', kill));
}
