import { EdgeminerError } from '../faults.js';
import type { TaskId } from '../ids.js';
import type { LeaseFilter, TaskReader } from '../queue/relabel-queue.js';
import { projectOf } from '../queue/task-facts.js';
import type { Task, TaskContent } from '../queue/task.js';
import type { Principal } from './auth.js';

type Scope = Pick<Principal, 'projects'>;

/** What lists and leases ask for besides, on behalf of who is limited to some projects. */
export function scopeFilter({ projects }: Scope): Pick<LeaseFilter, 'projects'> {
  return projects === undefined ? {} : { projects };
}

/** Whether the event or task is of a project of theirs; one without a project is of none. */
export function isInScope({ projects }: Scope, content: Pick<TaskContent, 'tags'>): boolean {
  if (projects === undefined) return true;
  const project = projectOf(content);
  return project !== undefined && projects.includes(project);
}

/**
 * The task as this person may know of it. Throws `task.not-found` for one of another project
 * too, in the same words: who is limited does not even learn that it is there.
 */
export async function findTask(
  id: TaskId,
  principal: Scope,
  reader: Pick<TaskReader, 'find'>,
): Promise<Task> {
  const found = await reader.find(id);
  if (found !== undefined && isInScope(principal, found)) return found;
  throw new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'id',
    mend: 'Take task ids from a leased batch or from GET /v1/tasks.',
  });
}
