// A kept set of results as a tree, without the editor.

import { count, place, signature, textBar, title } from "../format";
import type { SearchResult } from "../protocol";

/** Results of one file, in their order. */
export interface FileGroup {
  readonly path: string;
  readonly results: readonly SearchResult[];
}

/** A set of results that a person keeps and thins out. */
export class ResultSet {
  private kept: readonly SearchResult[];

  /** The query can be changed and asked again, unless the results are of another kind. */
  constructor(
    readonly title: string,
    results: readonly SearchResult[],
    readonly refinable: boolean,
  ) {
    this.kept = results;
  }

  /** The results that were not dismissed, best first. */
  get results(): readonly SearchResult[] {
    return this.kept;
  }

  /** Takes results away. */
  dismiss(unwanted: readonly SearchResult[]): void {
    const gone = new Set(unwanted);
    this.kept = this.kept.filter((result) => !gone.has(result));
  }

  /** The results by file; files in the order of their best result. */
  groups(): FileGroup[] {
    const files = new Map<string, SearchResult[]>();
    for (const result of this.kept) {
      const file = files.get(result.location.uri);
      if (file) {
        file.push(result);
      } else {
        files.set(result.location.uri, [result]);
      }
    }
    return [...files.values()].map((results) => ({ path: results[0]?.path ?? "", results }));
  }

  /** A line about the set: "12 results in 4 files". */
  summary(): string {
    return `${count(this.kept.length, "result")} in ${count(this.groups().length, "file")}`;
  }
}

/** A set as it is kept between two windows. */
export interface StoredSet {
  readonly title: string;
  readonly results: readonly SearchResult[];
  readonly refinable: boolean;
}

/** Reads what was stored, which may be anything; undefined when it is no set of this version. */
export function readSet(stored: unknown): ResultSet | undefined {
  const { title, results, refinable } = (stored ?? {}) as Partial<StoredSet>;
  const whole = (result: Partial<SearchResult> | null): boolean =>
    typeof result?.location?.uri === "string" &&
    typeof result.nameRange?.start.line === "number" &&
    [result.path, result.name, result.owner, result.kind, result.signature, result.documentation].every((text) => typeof text === "string");
  return typeof title === "string" && Array.isArray(results) && results.every(whole) ? new ResultSet(title, results, refinable === true) : undefined;
}

/** A result on one line that other programs can jump from: "io/io.go:388: func Copy(…)". */
export function line(result: SearchResult): string {
  return `${place(result)}: ${signature(result) || title(result)}`;
}

/** A text in which some lines lead to results. */
export interface LinkedText {
  readonly text: string;
  readonly links: readonly LinkedLine[];
}

/** A line, from 0, of which the first characters lead to a result. */
export interface LinkedLine {
  readonly line: number;
  readonly length: number;
  readonly result: SearchResult;
}

/** A set of results as a text to read, to keep and to jump from. */
export function asText(set: ResultSet): LinkedText {
  const lines = [set.title, set.summary(), ""];
  const links: LinkedLine[] = [];
  for (const result of set.results) {
    links.push({ line: lines.length, length: place(result).length, result });
    lines.push(line(result), `    ${textBar(result.score)}  ${result.bestLines?.text ?? result.documentation.split("\n", 1)[0] ?? ""}`.trimEnd());
  }
  return { text: `${lines.join("\n")}\n`, links };
}
