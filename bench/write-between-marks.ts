import { readFile, writeFile } from 'node:fs/promises';

/** Replaces what stands between `<!-- mark -->` and `<!-- /mark -->` in a file of the project. */
export async function writeBetweenMarks(
  file: string,
  mark: string,
  lines: readonly string[],
): Promise<void> {
  const path = new URL(`../${file}`, import.meta.url).pathname;
  const text = await readFile(path, 'utf8');
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} lacks ${start}`);
  await writeFile(
    path,
    `${before}${start}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n\n${end}${after}`,
  );
}
