import { access, constants, stat } from 'node:fs/promises';
import type { Config } from '../../config/load-config.js';
import { messageOf } from '../../faults.js';
import { allowList } from '../../image/allow-list.js';
import { failed, failureOf, ok } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { s3ImageOptions } from '../s3-images.js';
import { s3Options } from '../open-fetcher.js';

/** Where images come from, and where they are kept. */
export async function imageChecks({ fetch, images }: Config): Promise<Check[]> {
  const { s3 } = fetch;
  const checks: Check[] = [
    { name: 'fetch.allowOrigins', run: async () => [allowedOrigins(fetch)] },
    ...fetch.allowDirectories.map((directory): Check => ({
      name: `directory ${directory}`,
      run: async () => [await checkDirectory(directory)],
    })),
  ];
  if (images.kind === 'directory') {
    checks.push({ name: 'images', run: async () => [await checkKept(images.path)] });
  }
  if (s3 === undefined && images.kind !== 's3') return checks;
  const { bucketsCheck } = await import('../../adapters/s3/check-buckets.js');
  if (images.kind === 's3') {
    const options = { ...s3ImageOptions(images), maxBytes: 0 };
    checks.push(bucketsCheck(options, [images.bucket], 'images'));
  }
  if (s3 === undefined) return checks;
  return [...checks, bucketsCheck(s3Options(fetch, s3), s3.buckets)];
}

function allowedOrigins({ allowOrigins, allowDirectories }: Config['fetch']): Finding {
  const name = 'fetch.allowOrigins';
  try {
    const { origins } = allowList(allowOrigins, allowDirectories);
    return ok(name, origins.size === 0 ? 'none: no image is fetched' : [...origins].join(', '));
  } catch (error) {
    return failureOf(name, error);
  }
}

async function checkDirectory(directory: string): Promise<Finding> {
  const name = `directory ${directory}`;
  const mend =
    'Mount it, give edgeminer the right to read it, or take it off fetch.allowDirectories.';
  try {
    if (!(await stat(directory)).isDirectory()) return failed(name, 'it is no directory', mend);
    await access(directory, constants.R_OK | constants.X_OK);
    return ok(name, 'can be read');
  } catch (error) {
    return failed(name, `it can't be read: ${messageOf(error)}`, mend);
  }
}

async function checkKept(path: string): Promise<Finding> {
  const name = 'images';
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(name, `${path} can be read and written`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return ok(name, `${path} is not there yet; the first start makes it`);
    }
    const mend = 'Give the user that edgeminer runs as the right to write there.';
    return failed(name, `${path} can't be written: ${messageOf(error)}`, mend);
  }
}
