import type { TaskFilter, TaskReader } from './relabel-queue.js';
import type { Task } from './task.js';

/**
 * Walks all tasks that the filter lets through, page by page, ordered by id. No page is empty. The
 * next one is read when it is asked for, so that tasks may be changed or erased in between.
 *
 * @param pageSize 1..1000
 * @param now Asked for each page. Milliseconds since 1970-01-01 UTC.
 */
export async function* taskPages(
  reader: Pick<TaskReader, 'list'>,
  filter: TaskFilter,
  pageSize: number,
  now: () => number,
): AsyncGenerator<readonly Task[], void, void> {
  let after: Task['id'] | undefined;
  for (;;) {
    const page = await reader.list(
      filter,
      { limit: pageSize, ...(after === undefined ? {} : { after }) },
      now(),
    );
    if (page.length > 0) yield page;
    after = page.at(-1)?.id;
    if (page.length < pageSize) return;
  }
}
