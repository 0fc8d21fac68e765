import { createHash } from 'node:crypto';
import { EdgeminerError } from '../faults.js';
import { asStandingTag, standingTag } from '../queue/standing-tag.js';
import type { StandingTag } from '../queue/standing-tag.js';
import type { Task } from '../queue/task.js';
import type { TaskJson } from './schemas.js';

/**
 * The ETag of a task as one person sees it: where it stands, then a hash of the whole answer. The
 * store compares the first part in one step with the change.
 */
export function taskTag(task: Task, shown: TaskJson): string {
  const digest = createHash('sha256').update(JSON.stringify(shown)).digest('hex');
  return `"${standingTag(task)}.${digest.slice(0, 16)}"`;
}

/** RFC 9110, 13.1.2: a list of tags, weakly compared, or `*`. */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  return listed(ifNoneMatch)
    .map((one) => one.replace(/^W\//u, ''))
    .some((one) => one === tag || one === '*');
}

/**
 * RFC 9110, 13.1.1: what a change is conditional on. Throws `task.changed` where the header names
 * other tags than the task has now; answers where the task must still stand when it is changed,
 * undefined for anywhere. `tagOf` is asked only where there is such a header.
 */
export function expectedBy(
  ifMatch: string | undefined,
  tagOf: () => string,
): StandingTag | undefined {
  if (ifMatch === undefined) return undefined;
  const tags = listed(ifMatch);
  if (tags.includes('*')) return undefined;
  const tag = tagOf();
  if (tags.includes(tag)) return asStandingTag(tag.slice(1, 17));
  throw new EdgeminerError('task.changed', 'the task is not what If-Match names', {
    field: 'If-Match',
    mend: 'Read the task again, and send the request with its new ETag.',
  });
}

function listed(header: string | undefined): string[] {
  return (header ?? '').split(',').map((one) => one.trim());
}
