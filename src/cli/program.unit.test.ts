import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

describe('the command line', () => {
  it('leaves --version of a command to the command', async () => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const program = createProgram({
      stdout,
      stderr,
      version: '1.2.3',
    } as unknown as Parameters<typeof createProgram>[0]);
    const given: unknown[] = [];
    const curate = program.commands.find((command) => command.name() === 'curate');
    curate?.commands
      .find((command) => command.name() === 'export')
      ?.action((options: unknown) => void given.push(options));
    const args = ['--version', 'latest', '--format', 'coco', '--out', 'x'];
    await program.parseAsync(['curate', 'export', ...args], { from: 'user' });
    stdout.end();
    expect(given).toMatchObject([{ version: 'latest', format: 'coco' }]);
    expect(await text(stdout)).toBe('');
  });
});
