/** What the audit trail keeps of why somebody did something, in characters. */
export const longestReason = 500;

/** Somebody's reason without the space around it; undefined for none, and for one that is too long. */
export function reasonIn(text: string): string | undefined {
  const words = text.trim();
  return words === '' || words.length > longestReason ? undefined : words;
}
