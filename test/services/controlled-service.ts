import type { Command, Processes, StartedProcess } from './processes.js';

/** A service that a test may take away and bring back, on the same port and with the same data. */
export interface ControlledService<Address> {
  readonly address: Address;
  /** Asks it to end, and waits for that. Resolves at once if it does not run. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Halts it: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Starts it again after `stop` or `kill`; resolves once it answers. */
  start(): Promise<void>;
}

export interface ServiceOptions<Address> {
  readonly processes: Processes;
  readonly name: string;
  readonly address: Address;
  readonly command: Command;
  /** Resolves once the service answers; `died` rejects if it ends before. */
  readonly ready: (died: Promise<never>) => Promise<void>;
}

/** Starts a service; resolves once it answers. It ends with its processes. */
export async function openService<Address>(
  options: ServiceOptions<Address>,
): Promise<ControlledService<Address>> {
  const { processes, name, address, command, ready } = options;
  let running: StartedProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    // One that is paused would hear nothing.
    running?.signal('SIGCONT');
    running?.signal(signal);
    await running?.exited;
    running = undefined;
  }

  async function start(): Promise<void> {
    if (running !== undefined) throw new Error(`${name} runs already`);
    running = processes.start(name, command);
    await ready(running.died);
  }

  await start();
  return {
    address,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => running?.signal('SIGSTOP'),
    resume: () => running?.signal('SIGCONT'),
  };
}
