// Results as a person reads them.

import type { Position, SearchResult, SearchResponse, Status } from "./protocol";

/** The name of a unit, with its owner: "Client.Do"; its kind when it has no name. */
export function title(result: SearchResult): string {
  if (result.name === "") {
    return result.kind;
  }
  return result.owner === "" ? result.name : `${result.owner}.${result.name}`;
}

/** Path and line of the name: "io/io.go:388". */
export function place(result: SearchResult): string {
  return `${result.path}:${result.nameRange.start.line + 1}`;
}

/** An answer in which the path of every result begins with the name of its root. */
export function withRoots<T>(answer: T): T {
  if (Array.isArray(answer)) {
    return answer.map(withRoots) as T;
  }
  if (typeof answer !== "object" || answer === null) {
    return answer;
  }
  const copy: Record<string, unknown> = Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, withRoots<unknown>(value)]));
  const { root, path, location } = copy;
  if (typeof root === "string" && typeof path === "string" && location !== undefined) {
    copy["path"] = `${root.slice(Math.max(root.lastIndexOf("/"), root.lastIndexOf("\\")) + 1)}/${path}`;
  }
  return copy as T;
}

/**
 * Where the name of a result is in the present text: at its place, else where it is nearest to that; its place when it is
 * nowhere, as with names that are not written so. Undefined when the text does not even reach as far.
 */
export function whereNow(lineAt: (line: number) => string | undefined, name: string, place: Position): Position | undefined {
  const known = lineAt(place.line);
  if (name === "" || known?.startsWith(name, place.character)) {
    return known === undefined ? undefined : place;
  }
  const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")}(?![\\p{L}\\p{N}_$])`, "u");
  let nearest: Position | undefined;
  for (let line = 0, text = lineAt(0); text !== undefined; text = lineAt(++line)) {
    const character = text.search(word);
    if (character >= 0 && (!nearest || Math.abs(line - place.line) <= Math.abs(nearest.line - place.line))) {
      nearest = { line, character };
    }
  }
  return nearest ?? (known === undefined ? undefined : place);
}

/** Text on one line. */
function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}

/** The signature, on one line; empty for units that have none. */
export function signature(result: SearchResult): string {
  return oneLine(result.signature);
}

/** The line of a result that says most: the one with the words of the query, else the beginning of its documentation. */
export function bestLine(result: SearchResult): string {
  const line = oneLine(result.bestLines?.text ?? "");
  if (line !== "" && line !== signature(result)) {
    return line;
  }
  return oneLine(result.documentation.split("\n", 1)[0] ?? "");
}

/** How much of a signature is shown where the best line follows it. */
const longestSignature = 60;

/** Text on one line, cut to a number of UTF-16 units. */
export function shorten(text: string, longest: number): string {
  const line = oneLine(text);
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Signature and best line, as far as there are any. */
export function detail(result: SearchResult): string {
  const parts = [shorten(result.signature, longestSignature), bestLine(result)].filter((part) => part !== "");
  if ((result.duplicates ?? 0) > 0) {
    parts.push(`and ${result.duplicates} with the same text`);
  }
  return parts.join("  ·  ");
}

/** A codicon for the kind of a unit. */
export function icon(kind: string): string {
  return kindIcons[kind] ?? "symbol-misc";
}

const kindIcons: Readonly<Record<string, string>> = {
  class: "symbol-class",
  constant: "symbol-constant",
  constructor: "symbol-constructor",
  enum: "symbol-enum",
  field: "symbol-field",
  function: "symbol-function",
  interface: "symbol-interface",
  macro: "symbol-snippet",
  method: "symbol-method",
  module: "symbol-module",
  section: "symbol-string",
  struct: "symbol-struct",
  test: "beaker",
  trait: "symbol-interface",
  type: "symbol-class",
  variable: "symbol-variable",
  window: "symbol-file",
};

/** Steps of a score bar. */
const steps = 8;

/** A score relative to the best, as a bar of filled and empty blocks of fixed length. */
export function textBar(score: number): string {
  const filled = Math.round(clamp(score) * steps);
  return "█".repeat(filled) + "░".repeat(steps - filled);
}

/** A score relative to the best as a square picture with a bar, which may serve as an icon; a data URI. */
export function barPicture(score: number): string {
  const width = Math.max(1, Math.round(clamp(score) * 14));
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">` +
    `<rect x="1" y="6" width="14" height="4" rx="1" fill="#888" fill-opacity=".3"/>` +
    `<rect x="1" y="6" width="${width}" height="4" rx="1" fill="#3794ff"/></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
}

function clamp(score: number): number {
  return Number.isFinite(score) ? Math.min(Math.max(score, 0), 1) : 0;
}

/** "1 file", "2 files". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** What a status says about answers that may lack something; undefined when they lack nothing. */
export function shortcoming(status: Status | undefined): string | undefined {
  for (const root of status?.roots ?? []) {
    if (root.state === "indexing" && (root.total ?? 0) > 0) {
      return `indexing ${root.done ?? 0} of ${root.total} files, results may be missing`;
    }
    if (root.state === "paused") {
      return "indexing is paused, results may be missing";
    }
    if (root.state === "disabled") {
      return `this folder is not indexed (${root.reason ?? "disabled"})`;
    }
  }
  return undefined;
}

/** Whether everything is indexed and there is nothing in it. */
export function withoutCode(status: Status | undefined): boolean {
  return status !== undefined && status.roots.length > 0 && status.roots.every((root) => root.state === "ready" && (root.units ?? 0) === 0);
}

/** What a person should know about an answer; undefined when there is nothing to say. */
export function remark(response: SearchResponse, status: Status | undefined): string | undefined {
  if (!response.complete) {
    return shortcoming(status) ?? "the index is being brought up to date, results may be missing";
  }
  if (response.results.length === 0) {
    return shortcoming(status) ?? (response.message || undefined);
  }
  if (response.class === "filters") {
    return "only operators: everything that fits, not ranked";
  }
  return response.message || undefined;
}
