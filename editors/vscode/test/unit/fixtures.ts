// Answers of the server, as far as a test cares about them.

import type { RootStatus, SearchResponse, SearchResult, Status } from "../../src/protocol";

/** A result; what is not given is of no account. */
export function result(given: Partial<SearchResult> & { line?: number } = {}): SearchResult {
  const line = given.line ?? 9;
  const path = given.path ?? "io/io.go";
  return {
    path,
    startLine: line + 1,
    endLine: line + 5,
    name: "Copy",
    owner: "",
    kind: "function",
    language: "go",
    signature: "func Copy(dst Writer, src Reader) (int64, error)",
    documentation: "Copy copies from src to dst.\nIt returns the number of bytes.",
    score: 1,
    confidence: "Likely",
    location: { uri: `file:///w/${path}`, range: { start: { line, character: 0 }, end: { line: line + 4, character: 1 } } },
    nameRange: { start: { line, character: 5 }, end: { line, character: 9 } },
    ...given,
  };
}

export function response(given: Partial<SearchResponse> = {}): SearchResponse {
  return { results: [], complete: true, tookMs: 1, class: "sentence", ...given };
}

export function status(...roots: readonly Partial<RootStatus>[]): Status {
  return { model: "static", cacheDir: "/cache", roots: roots.map((root) => ({ path: "/w", state: "ready", units: 3, files: 2, functions: 3, ...root })) };
}
