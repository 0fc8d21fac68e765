import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program in this terminal and answers its exit code, or 128 plus the signal's number.
 * A signal to this process is passed on, so that the program stops in its own way.
 */
export async function runToEnd(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const passOn = (signal) => child.kill(signal);
  // Ctrl-C reaches the child by itself; here it only must not end the parent first.
  const ignore = () => {};
  process.on('SIGTERM', passOn).on('SIGHUP', passOn).on('SIGINT', ignore);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        resolve(signal === null ? code : 128 + constants.signals[signal]),
      );
    });
  } finally {
    process.off('SIGTERM', passOn).off('SIGHUP', passOn).off('SIGINT', ignore);
  }
}
