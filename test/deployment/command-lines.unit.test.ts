import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { all, compose, root } from './manifests.js';

const program = createProgram({
  environment: {},
  workingDirectory: root,
  packageRoot: root,
  version: '0.0.0',
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  now: () => 0,
  ending: new AbortController().signal,
});

const commandLines = [
  ...Object.entries(compose.services)
    .filter(([, { image }]) => image.startsWith('edgeminer:'))
    .map(([name, { command }]) => [`docker-compose.yml: ${name}`, command] as const),
  ...all('Deployment').map(
    ({ metadata, spec }) =>
      [`k8s/: ${metadata.name}`, spec.template.spec.containers[0].args] as const,
  ),
];

describe('the commands that the deployment files start', () => {
  it.each(commandLines)('%s is one that edgeminer has', (_, [name, ...args]) => {
    const command = program.commands.find((known) => known.name() === name);
    expect(command?.parseOptions(args)).toEqual({ operands: [], unknown: [] });
  });

  it('are four', () => {
    expect(commandLines).toHaveLength(4);
  });
});
