import { describe, inject, it } from 'vitest';
import type { Answer, ServiceAddresses, ServiceName } from './addresses.js';

/**
 * A `describe` that needs real services. Each named service is started for the first file that
 * asks for it, and shared by the whole run: use topic and database names of your own.
 *
 * Where a service can't be had the tests are skipped, and the title says why; with CI=true that
 * is a failing test instead. Call `services()` inside hooks and tests only.
 */
export function describeWith<Name extends ServiceName>(
  names: readonly Name[],
  title: string,
  body: (services: () => Pick<ServiceAddresses, Name>) => void,
): void {
  describe(title, async () => {
    const found: Partial<ServiceAddresses> = {};
    const missing: string[] = [];
    await Promise.all(
      names.map(async (name) => {
        const answer = await ask(name);
        if (answer.ok) found[name] = answer.address;
        else missing.push(`${name} can't be had: ${answer.reason}`);
      }),
    );
    if (has(found, names)) {
      body(() => found);
      return;
    }
    const reason = missing.join('; ');
    if (process.env['CI'] === 'true') {
      it('has the services it needs', () => {
        throw new Error(reason);
      });
      return;
    }
    describe.skip(`skipped, ${reason.split('\n', 1).join('')}`, () => {
      body(() => {
        throw new Error(`services() was called outside a hook or test; ${reason}`);
      });
    });
  });
}

function has<Name extends ServiceName>(
  found: Partial<ServiceAddresses>,
  names: readonly Name[],
): found is Pick<ServiceAddresses, Name> & Partial<ServiceAddresses> {
  return names.every((name) => found[name] !== undefined);
}

/** Asks the desk in vitest's main process. The first start of a service may take minutes. */
async function ask<Name extends ServiceName>(name: Name): Promise<Answer<Name>> {
  const response = await fetch(new URL(name, inject('serviceDesk')));
  return (await response.json()) as Answer<Name>;
}
