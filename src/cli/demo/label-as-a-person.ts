import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const batchFile = z.object({
  tasks: z.array(z.object({ taskId: z.string(), eventId: z.string() })),
});

/**
 * Fills in a pulled batch's labels from the known truth, where a person would look at each
 * picture. Returns how many were filled.
 */
export async function labelBatch(
  directory: string,
  labelOf: (eventId: string) => string | undefined,
): Promise<number> {
  const batch = batchFile.parse(JSON.parse(await readFile(join(directory, 'batch.json'), 'utf8')));
  const lines = batch.tasks.map(({ taskId, eventId }) => {
    const label = labelOf(eventId);
    return label === undefined
      ? { taskId, skip: 'the demo does not know this picture' }
      : { taskId, label: { kind: 'class', class: label } };
  });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(join(directory, 'labels.jsonl'), text);
  return lines.length;
}
