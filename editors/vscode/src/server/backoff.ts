// When a server that ended by itself is started again.

/** What follows an unexpected end. */
export type Verdict =
  | { readonly restart: true; readonly delay: number; readonly attempt: number }
  | { readonly restart: false; readonly crashes: number };

/** Milliseconds after which a server that ends no longer counts as crashing in a loop. */
export const steady = 60_000;

/** Starts in a row that are tried. */
export const attempts = 5;

/** Milliseconds before the first start after a crash. */
const firstDelay = 500;

/** Counts crashes in a row. Times are milliseconds of any clock that does not go back. */
export class Backoff {
  private crashes = 0;
  private startedAt = 0;

  started(now: number): void {
    this.startedAt = now;
  }

  /** Decides what follows a crash: a start after a delay that doubles, or none any more. */
  crashed(now: number): Verdict {
    if (now - this.startedAt >= steady) {
      this.crashes = 0;
    }
    this.crashes++;
    if (this.crashes > attempts) {
      return { restart: false, crashes: this.crashes };
    }
    return { restart: true, delay: firstDelay * 2 ** (this.crashes - 1), attempt: this.crashes };
  }

  /** Forgets all crashes: a person asked for a start. */
  forgive(): void {
    this.crashes = 0;
  }
}
