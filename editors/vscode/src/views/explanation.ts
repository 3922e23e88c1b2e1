// Why a result has its place, in words and numbers.

import { place, title } from "../format";
import type { ExplainResponse, SearchResult } from "../protocol";
import type { LinkedLine, LinkedText } from "./model";

/** An explanation as a text: the place, what the query was taken for, and the contributions, beside those of the best result. */
export function explanation(query: string, response: ExplainResponse): LinkedText {
  const { result } = response;
  const best = response.best && !same(response.best, result) ? response.best : undefined;
  const lines = [`Why ${title(result)} has its place`, ""];
  const links: LinkedLine[] = [];
  const linked = (about: SearchResult, text: string): void => {
    links.push({ line: lines.length, length: place(about).length, result: about });
    lines.push(text);
  };
  linked(result, `${place(result)}  ${title(result)}`);
  lines.push("", `query          ${query}`, `taken for      ${response.class}`);
  if (response.words && response.words.length > 0) {
    lines.push(`words          ${response.words.join(", ")}`);
  }
  lines.push(`place          ${response.rank > 0 ? `${response.rank} of ${response.of}` : `none among ${response.of}`}`);
  if (result.confidence !== "") {
    lines.push(`confidence     ${result.confidence}`);
  }
  for (const part of response.excluded ?? []) {
    lines.push(`left out by    ${part}`);
  }
  lines.push("", "What the score is made of; the best result has 1.", "");
  if (best) {
    lines.push(`${"here".padStart(8)} ${"best".padStart(8)}`);
  }
  lines.push(...contributions(result, best));
  if (best) {
    lines.push("", "The best result:", "");
    linked(best, `${place(best)}  ${title(best)}`);
  }
  return { text: `${lines.join("\n")}\n`, links };
}

function same(a: SearchResult, b: SearchResult): boolean {
  return a.location.uri === b.location.uri && a.startLine === b.startLine;
}

/** Contributions side by side, those that matter most first. */
function contributions(result: SearchResult, best: SearchResult | undefined): string[] {
  const here = values(result);
  const there = values(best);
  const weight = (name: string): number => Math.max(Math.abs(here.get(name) ?? 0), Math.abs(there.get(name) ?? 0));
  const names = [...new Set([...here.keys(), ...there.keys()])];
  names.sort((a, b) => weight(b) - weight(a) || a.localeCompare(b));
  const column = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(3)).padStart(8);
  return names.map((name) => `${column(here.get(name))} ${best ? `${column(there.get(name))} ` : ""} ${name}`);
}

function values(result: SearchResult | undefined): Map<string, number> {
  return new Map((result?.explanation ?? []).map(({ name, value }) => [name, value]));
}
