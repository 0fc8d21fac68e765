/** The first of what is left of a list, and what the next page comes after; null on the last. */
export function pageOf<T, Key>(
  rest: readonly T[],
  limit: number,
  keyOf: (item: T) => Key,
): { readonly page: readonly T[]; readonly next: Key | null } {
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { page, next: last === undefined || rest.length <= limit ? null : keyOf(last) };
}
