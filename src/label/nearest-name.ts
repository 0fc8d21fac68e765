import { distance } from 'fastest-levenshtein';

/** The name that a misspelling most likely meant: at most one edit in three letters. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const sought = plain(name);
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of names) {
    const edits = distance(sought, plain(candidate));
    const allowed = Math.floor(Math.max(sought.length, candidate.length) / 3);
    if (edits <= allowed && (best === undefined || edits < best.edits)) {
      best = { name: candidate, edits };
    }
  }
  return best?.name;
}

/** What to use instead of a name that is not among `names`, as a sentence. */
export function useInstead(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near === undefined
    ? `Use one of ${listed(names)}.`
    : `Use '${near}' if that was meant, else one of ${listed(names)}.`;
}

/** Up to ten names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}
