import { readFile, writeFile } from 'node:fs/promises';

/** Puts a table between `<!-- NAME -->` and `<!-- /NAME -->` of a Markdown file. */
export async function writeBetween(file: URL, name: string, text: string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = before.indexOf(start);
  const to = before.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file.pathname} has no ${start} ... ${end}.`);
  const after = `${before.slice(0, from + start.length)}\n\n\`\`\`\n${text}\n\`\`\`\n\n${before.slice(to)}`;
  await writeFile(file, after);
}
