import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environmentSettings } from './environment.js';
import { configSchema } from './schema.js';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const documented = new Set([...page.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]));

interface Node {
  readonly properties?: Record<string, Node>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly type?: string;
}

/** Dotted names of all settings: `[]` for the entries of a list, `*` for names of one's own. */
function leaves(node: Node, path: string): string[] {
  if (node.oneOf !== undefined) return node.oneOf.flatMap((choice) => leaves(choice, path));
  // On or off, or how.
  if (node.anyOf?.some(({ type }) => type === 'boolean') === true) {
    return [...new Set([path, ...node.anyOf.flatMap((choice) => leaves(choice, path))])];
  }
  if (node.properties !== undefined && path !== 'policies.*.signals') {
    return Object.entries(node.properties).flatMap(([key, child]) =>
      leaves(child, path === '' ? key : `${path}.${key}`),
    );
  }
  if (node.items?.properties !== undefined) return leaves(node.items, `${path}[]`);
  const open = node.additionalProperties;
  if (typeof open === 'object' && open.properties !== undefined) return leaves(open, `${path}.*`);
  return [path];
}

describe('docs/configuration.md', () => {
  it('names every key, and no other', () => {
    const keys = new Set(leaves(z.toJSONSchema(configSchema, { io: 'input' }) as Node, ''));
    const named = [...documented].filter((name) => name !== undefined && !/^[A-Z_]+$/.test(name));
    expect(named.toSorted()).toEqual([...keys].toSorted());
  });

  it('names every variable, and no other', () => {
    const named = [...documented].filter((name) => name !== undefined && /^[A-Z_]+$/.test(name));
    expect(named.toSorted()).toEqual(
      [...Object.keys(environmentSettings), 'EDGEMINER_CONFIG'].toSorted(),
    );
  });

  it('shows an example that is valid', async () => {
    const { parse } = await import('yaml');
    const example = /```yaml\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
    expect(configSchema.safeParse(parse(example)).error).toBeUndefined();
  });
});
