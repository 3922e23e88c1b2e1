// Earlier queries, the last one first.

/** Most queries that are kept. */
export const mostKept = 20;

/** Adds a query to the earlier ones, at the front; one that was there moves. */
export function remember(earlier: readonly string[], query: string): string[] {
  const text = query.trim();
  if (text === "") {
    return [...earlier];
  }
  return [text, ...earlier.filter((other) => other !== text)].slice(0, mostKept);
}

/** Reads what was stored, which may be anything. */
export function readHistory(stored: unknown): string[] {
  return Array.isArray(stored) ? stored.filter((query) => typeof query === "string").slice(0, mostKept) : [];
}
