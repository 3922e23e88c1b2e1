// What the picker shows, without the editor: which answer is current, which rows there are, what the title says.

import { count, remark, shortcoming, withoutCode } from "../format";
import type { Completion, SearchResponse, SearchResult, Status } from "../protocol";

/** What a row without a result does when it is chosen. */
export type Action = "openFolder" | "showMenu" | "none";

/** A row of the picker. */
export type Row =
  | { readonly kind: "result"; readonly result: SearchResult }
  | { readonly kind: "completion"; readonly completion: Completion }
  | { readonly kind: "earlier"; readonly query: string }
  | { readonly kind: "example"; readonly query: string }
  | { readonly kind: "separator"; readonly text: string }
  | { readonly kind: "more"; readonly count: number }
  | { readonly kind: "hint"; readonly text: string; readonly detail: string; readonly action: Action };

/** Queries longer than this are cut before they are sent: they are text that was pasted, of which the beginning says enough. */
export const longestQuery = 4000;

/** Results that are shown at once, about two pages: the editor takes time for every one, with each key. A last row leads to the others. */
export const firstResults = 20;

/** Most completions that are shown above results. */
const mostCompletions = 8;

/** The state of one picker. */
export class PickerState {
  private sequence = 0;
  private text = "";
  private asking = false;
  private all = false;
  private response: SearchResponse | undefined;
  private problem: string | undefined;
  private completions: readonly Completion[] = [];

  constructor(
    private readonly status: () => Status | undefined,
    private readonly folders: number,
    private readonly earlier: () => readonly string[],
  ) {}

  get value(): string {
    return this.text;
  }

  /** The query as it is sent. */
  get query(): string {
    return this.text.trim().slice(0, longestQuery);
  }

  get busy(): boolean {
    return this.asking;
  }

  /** The answer that is shown. */
  get shown(): SearchResponse | undefined {
    return this.response;
  }

  /** Notes what was typed. Returns the number under which its answer is to be reported; undefined when nothing is to be asked. */
  typed(value: string): number | undefined {
    this.all &&= value === this.text;
    this.text = value;
    this.sequence++;
    this.completions = [];
    if (this.query === "" || this.folders === 0) {
      this.asking = false;
      this.response = undefined;
      this.problem = undefined;
      return undefined;
    }
    this.asking = true;
    return this.sequence;
  }

  /** Notes an answer. Returns false when it came too late to be shown. */
  answered(sequence: number, response: SearchResponse): boolean {
    if (sequence !== this.sequence) {
      return false;
    }
    this.asking = false;
    this.problem = undefined;
    this.response = response;
    return true;
  }

  /** Notes that a question failed. Returns false when that does not matter any more. */
  failed(sequence: number, problem: string): boolean {
    if (sequence !== this.sequence) {
      return false;
    }
    this.asking = false;
    this.problem = problem;
    this.response = undefined;
    return true;
  }

  /** Notes how the last word can go on. Returns false when that came too late. */
  completed(sequence: number, completions: readonly Completion[]): boolean {
    if (sequence !== this.sequence) {
      return false;
    }
    this.completions = completions;
    return true;
  }

  /** The way the last word goes on that the key Tab takes. */
  get completion(): Completion | undefined {
    return this.completions[0];
  }

  /** Whether asking again gives more: nothing was answered, or something was missing that the index has by now. */
  outdated(): boolean {
    if (this.query === "" || this.folders === 0 || this.asking) {
      return false;
    }
    const { response } = this;
    return response === undefined || (!response.complete && (response.results.length === 0 || shortcoming(this.status()) === undefined));
  }

  /** Has all results shown, until another query is typed. */
  showAll(): void {
    this.all = true;
  }

  /** The rows, in the order in which they are to be shown. */
  rows(): Row[] {
    if (this.folders === 0) {
      return [{ kind: "hint", text: "Open a folder to search its code", detail: "There is no folder in this window.", action: "openFolder" }];
    }
    if (this.query === "") {
      return this.beginning();
    }
    if (this.problem !== undefined) {
      return [...this.proposals(), { kind: "hint", text: "This search did not work", detail: this.problem, action: "showMenu" }];
    }
    const results = this.response?.results ?? [];
    if (results.length === 0 && this.response) {
      return [...this.proposals(), this.nothing()];
    }
    const shown = this.all || results.length <= firstResults + 1 ? results : results.slice(0, firstResults);
    const rows = [...this.proposals(), ...shown.map((result): Row => ({ kind: "result", result }))];
    return shown.length < results.length ? [...rows, { kind: "more", count: results.length - shown.length }] : rows;
  }

  /** A line above the rows: how many there are, and what is wrong with them. */
  title(): string {
    const { response } = this;
    if (!response || response.results.length === 0) {
      return "Semantic Search";
    }
    const parts = [count(response.results.length, "result"), remark(response, this.status())];
    if (this.text.trim().length > longestQuery) {
      parts.push(`only the first ${longestQuery.toLocaleString("en")} characters are searched for`);
    }
    return parts.filter((part) => part !== undefined).join(" · ");
  }

  /** Rows before anything is typed: earlier queries, else what to try. */
  private beginning(): Row[] {
    const rows: Row[] = [];
    const progress = shortcoming(this.status());
    if (progress !== undefined) {
      rows.push({ kind: "hint", text: "The index is not complete", detail: progress, action: "showMenu" });
    }
    const earlier = this.earlier();
    if (earlier.length > 0) {
      return [...rows, { kind: "separator", text: "earlier searches" }, ...earlier.map((query): Row => ({ kind: "earlier", query }))];
    }
    return [...rows, { kind: "separator", text: "for example" }, ...examples.map((query): Row => ({ kind: "example", query }))];
  }

  private proposals(): Row[] {
    return this.completions.slice(0, mostCompletions).map((completion) => ({ kind: "completion", completion }));
  }

  private nothing(): Row {
    const status = this.status();
    if (withoutCode(status)) {
      return { kind: "hint", text: "There is no code to search here", detail: "The status menu tells what was left out, and why.", action: "showMenu" };
    }
    const why = this.response ? remark(this.response, status) : undefined;
    return {
      kind: "hint",
      text: "Nothing found",
      detail: `${why === undefined ? "" : `${why}. `}Describe what the code does, or drop an operator such as lang: or path:`,
      action: shortcoming(status) === undefined ? "none" : "showMenu",
    };
  }
}

/** Queries that are proposed to somebody who has not searched yet. */
const examples: readonly string[] = ["retry a request with backoff", "read settings from a file", "parse a date kind:function -is:test"];

/** Whether the last word of a query begins or holds an operator, so that it is worth asking how it can go on. */
export function endsInOperator(text: string): boolean {
  return /(?:^|[\s(])-?[a-z]+(?::[^\s]*)?$/u.test(text);
}

/** Whether ways to go on are shown among the rows: for values of an operator, not for words that merely begin like one. */
export function showsCompletions(text: string): boolean {
  return /(?:^|[\s(])-?[a-z]+:[^\s]*$/u.test(text);
}

/** A query after a completion was taken. */
export function complete(text: string, completion: Completion): string {
  return text.slice(0, completion.start) + completion.text + (completion.final ? " " : "") + text.slice(completion.end);
}
