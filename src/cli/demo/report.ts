import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { whyOf } from '../../decision/why.js';
import { degrade } from '../../image/degrade.js';
import type { StreamPicture } from './stream.js';
import type { DecisionLine, Verdict } from './verdict.js';

/** A page that shows what was queued and why; one file, that opens without a server. */
export async function reportPage(parts: {
  readonly pictures: readonly StreamPicture[];
  readonly decisions: readonly DecisionLine[];
  readonly verdict: Verdict;
  readonly streamFolder: string;
}): Promise<string> {
  const byId = new Map(parts.pictures.map((picture) => [picture.file, picture]));
  const queued = parts.decisions.filter(({ outcome }) => outcome === 'queued');
  const cards: string[] = [];
  for (const line of queued) {
    const picture = byId.get(line.eventId);
    if (picture !== undefined) cards.push(await card(line, picture, parts.streamFolder));
  }
  const rows = parts.verdict.rows.map(
    (row) =>
      `<tr><th scope="row">${escape(row.truth)}</th><td>${row.inStream}</td><td>${row.found}</td><td>${
        row.truth === 'ordinary' ? '–' : row.rightly
      }</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>edgeminer demo: what was found</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; }
  table { border-collapse: collapse; } th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; }
  th:first-child { text-align: left; font-weight: 600; }
  .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
  figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
  img { display: block; width: 100%; height: 10rem; object-fit: cover; background: #8883; }
  figcaption { padding: .6rem .75rem .75rem; font-size: .85rem; }
  .reasons { font-weight: 600; } .truth { opacity: .7; } ul { margin: .35rem 0 0; padding-left: 1.1rem; }
</style>
<h1>What the demo found, and why</h1>
<p>${parts.decisions.length} pictures streamed in; ${queued.length} became tasks.
Precision ${percent(parts.verdict.precision)}, recall ${percent(parts.verdict.recall)} against the known truth.</p>
<table><thead><tr><th scope="col">what it really is</th><th scope="col">in the stream</th><th scope="col">found</th><th scope="col">for the right reason</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>
<h2>The queue</h2>
<div class="cards">${cards.join('\n')}</div>
</html>
`;
}

async function card(line: DecisionLine, picture: StreamPicture, folder: string): Promise<string> {
  const bytes = await readFile(join(folder, picture.file));
  const small = await degrade(bytes, 'resized', 0.8);
  const signals = Object.entries(line.signals).map(([name, signal]) => ({ name, ...signal }));
  const why = whyOf(line.decision.reasons, signals);
  return `<figure><img alt="${escape(picture.file)}" src="data:image/jpeg;base64,${Buffer.from(small).toString('base64')}">
<figcaption><div class="reasons">${escape(line.decision.reasons.join(', '))}</div>
<div class="truth">really: ${escape(picture.truth)} · ${escape(picture.sourceId)}</div>
<ul>${why.map((words) => `<li>${escape(words)}</li>`).join('')}</ul></figcaption></figure>`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
