// What a caught value tells a person.

/** Longest message that is shown. */
const longest = 400;

/** The message of an error, cut to what fits a notification. */
export function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
