// The search: a list that asks as a person types.

import * as vscode from "vscode";

import type { Connection } from "../connection";
import { describe } from "../errors";
import { barPicture, count, detail, icon, place, title } from "../format";
import { isSamePlace, open } from "../places";
import type { SearchResponse, SearchResult, Status } from "../protocol";
import type { PinnedResults } from "../views/results";
import { readHistory, remember } from "./history";
import { Preview } from "./preview";
import { PickerState, type Row, complete, endsInOperator, showsCompletions } from "./state";

/** Milliseconds after which a person is told that there is no answer. */
const patience = 10_000;

/** Milliseconds without an answer after which the picker shows that it waits: before that it would only flicker. */
const unnoticed = 150;

const historyKey = "semantic.queries";

interface Item extends vscode.QuickPickItem {
  readonly row: Row;
}

/** Where results come from: a question that is typed, or an answer that does not change. */
export interface Fixed {
  readonly title: string;
  readonly response: SearchResponse;
}

/** What the picker works with. */
export interface Tools {
  readonly connection: Connection;
  readonly memory: vscode.Memento;
  readonly pinned: PinnedResults;
  /** Searches for code like a result. */
  similar(result: SearchResult): void;
  /** Says why a result has its place in the answer to a query. */
  explain(query: string, result: SearchResult): void;
}

const buttons = {
  pin: { iconPath: new vscode.ThemeIcon("pin"), tooltip: "Pin to Results (Alt+P)" },
  operators: { iconPath: new vscode.ThemeIcon("filter"), tooltip: "Add an Operator, Such as lang: or path:" },
  side: { iconPath: new vscode.ThemeIcon("split-horizontal"), tooltip: "Open to the Side (Alt+O)" },
  similar: { iconPath: new vscode.ThemeIcon("references"), tooltip: "Find Similar Code (Alt+L)" },
  explain: { iconPath: new vscode.ThemeIcon("question"), tooltip: "Explain Its Place (Alt+W)" },
  forget: { iconPath: new vscode.ThemeIcon("close"), tooltip: "Remove From History" },
} as const;

/** Keeps the order of the rows. The editor knows it, though its declarations do not. */
interface Unsorted {
  sortByLabel: boolean;
}

/** One picker, from its opening to its end. */
export class Picker implements vscode.Disposable {
  /** The one that is open, for commands that are bound to keys. */
  static current: Picker | undefined;

  private readonly list = vscode.window.createQuickPick<Item>();
  private readonly preview = new Preview();
  private readonly state: PickerState;
  private readonly delay: number;
  private readonly limit: number;
  private readonly subscriptions: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private waiting: NodeJS.Timeout | undefined;
  private completes = false;
  /** The input for which the rows were last made. */
  private refreshed: string | undefined;
  private asking: vscode.CancellationTokenSource | undefined;

  constructor(
    private readonly tools: Tools,
    private readonly fixed?: Fixed,
  ) {
    const configuration = vscode.workspace.getConfiguration("semantic.picker");
    this.delay = configuration.get("delay", 40);
    this.limit = configuration.get("limit", 50);
    const folders = vscode.workspace.workspaceFolders?.length ?? 0;
    this.state = new PickerState(
      () => this.status(),
      folders,
      () => this.history(),
    );
    this.list.placeholder = "Describe what the code does: retry a request with backoff lang:go -is:test";
    this.list.matchOnDescription = false;
    this.list.matchOnDetail = false;
    (this.list as unknown as Unsorted).sortByLabel = false;
    this.list.buttons = fixed ? [buttons.pin] : [buttons.pin, buttons.operators];
    this.subscriptions.push(
      this.list.onDidChangeValue((value) => {
        this.typed(value);
      }),
      this.list.onDidChangeActive(([item]) => {
        this.highlighted(item);
      }),
      this.list.onDidAccept(() => this.chosen(this.list.activeItems[0], false)),
      this.list.onDidTriggerButton((button) => {
        this.pressed(button);
      }),
      this.list.onDidTriggerItemButton(({ item, button }) => this.pressedOn(item, button)),
      this.list.onDidHide(() => {
        this.dispose();
      }),
      tools.connection.onDidChange(() => {
        this.connectionChanged();
      }),
    );
  }

  /** Opens the picker with a query. */
  show(query = ""): void {
    Picker.current?.dispose();
    Picker.current = this;
    void vscode.commands.executeCommand("setContext", "semantic.pickerVisible", true);
    if (this.fixed) {
      this.list.placeholder = "Filter these results";
      this.list.matchOnDescription = true;
      this.list.matchOnDetail = true;
    }
    this.list.value = query;
    this.typed(query);
    this.list.show();
    this.tools.connection.start().catch(() => undefined); // asking says what is wrong
  }

  /** Takes the way the last word can go on, if there is one. */
  complete(): void {
    const { completion } = this.state;
    if (completion) {
      this.change(complete(this.state.value, completion));
    }
  }

  openToSide(): void {
    void this.chosen(this.list.activeItems[0], true);
  }

  /** Keeps the results in their own view. */
  pin(): void {
    const response = this.fixed?.response ?? this.state.shown;
    if (response && response.results.length > 0) {
      void this.accept();
      this.tools.pinned.pin(this.fixed?.title ?? this.state.query, response.results, this.fixed === undefined);
    }
  }

  /** Searches for code like a result, the highlighted one when none is named. */
  async similar(item: Item | undefined = this.list.activeItems[0]): Promise<void> {
    if (item?.row.kind === "result") {
      await this.accept();
      this.tools.similar(item.row.result);
    }
  }

  /** Says why a result has its place, the highlighted one when none is named. An answer that does not change belongs to no query. */
  async explain(item: Item | undefined = this.list.activeItems[0]): Promise<void> {
    if (item?.row.kind === "result" && !this.fixed) {
      const { query } = this.state;
      await this.accept();
      this.tools.explain(query, item.row.result);
    }
  }

  dispose(): void {
    if (Picker.current === this) {
      Picker.current = undefined;
      void vscode.commands.executeCommand("setContext", "semantic.pickerVisible", false);
      this.setCompletes(false);
    }
    clearTimeout(this.timer);
    clearTimeout(this.waiting);
    this.asking?.cancel();
    void this.preview.end(false);
    vscode.Disposable.from(...this.subscriptions.splice(0)).dispose();
    this.list.dispose();
  }

  private status(): Status | undefined {
    const { state } = this.tools.connection;
    return state.kind === "running" ? state.status : undefined;
  }

  private history(): string[] {
    return readHistory(this.tools.memory.get(historyKey));
  }

  /** Puts a query into the input. */
  private change(query: string): void {
    this.list.value = query;
    this.typed(query);
  }

  private typed(value: string): void {
    if (this.fixed) {
      this.refresh();
      return;
    }
    clearTimeout(this.timer);
    this.asking?.cancel();
    this.asking = undefined;
    this.preview.typed();
    const sequence = this.state.typed(value);
    if (sequence === undefined) {
      this.refresh();
      return;
    }
    this.waiting ??= setTimeout(() => {
      this.list.busy = this.state.busy;
    }, unnoticed);
    this.timer = setTimeout(() => {
      void this.ask(sequence);
    }, this.delay);
  }

  private async ask(sequence: number): Promise<void> {
    const source = new vscode.CancellationTokenSource();
    this.asking = source;
    const late = setTimeout(() => {
      if (this.state.failed(sequence, `the server has not answered for ${patience / 1000} s`)) {
        source.cancel();
        this.refresh();
      }
    }, patience);
    try {
      const params = { query: this.state.query, limit: this.limit, bestLines: true, typing: true };
      const asked = this.tools.connection.request("semantic/search", params, source.token);
      if (endsInOperator(this.state.value)) {
        void this.askCompletions(sequence, source.token);
      } else {
        this.setCompletes(false);
      }
      const response = await asked;
      if (this.state.answered(sequence, response)) {
        this.refresh();
      }
    } catch (error) {
      if (!source.token.isCancellationRequested && this.state.failed(sequence, describe(error))) {
        this.refresh();
      }
    } finally {
      clearTimeout(late);
      source.dispose();
    }
  }

  private async askCompletions(sequence: number, token: vscode.CancellationToken): Promise<void> {
    const text = this.state.value;
    try {
      const { items } = await this.tools.connection.request("semantic/complete", { text, cursor: text.length }, token);
      if (this.state.completed(sequence, items)) {
        this.setCompletes(items.length > 0);
        if (items.length > 0 && showsCompletions(text)) {
          this.refresh();
        }
      }
    } catch {
      // The search of the same text tells what is wrong.
    }
  }

  /** Has the key Tab complete the query, or not. */
  private setCompletes(completes: boolean): void {
    if (completes !== this.completes) {
      this.completes = completes;
      void vscode.commands.executeCommand("setContext", "semantic.pickerCompletes", completes);
    }
  }

  /** Asks again when the server is back or knows more, and tells how far the index is before anything is typed and when nothing was found. */
  private connectionChanged(): void {
    if (this.fixed) {
      return;
    }
    if (this.tools.connection.state.kind === "running" && this.state.outdated()) {
      this.typed(this.state.value);
    } else if (this.state.query === "" || this.state.shown?.results.length === 0) {
      this.refresh();
    } else {
      this.list.title = this.state.title(); // which tells how far the index is
    }
  }

  private refresh(): void {
    const rows = this.fixed ? this.fixed.response.results.map((result): Row => ({ kind: "result", result })) : this.state.rows();
    if (this.fixed || !this.state.busy) {
      clearTimeout(this.waiting);
      this.waiting = undefined;
      this.list.busy = false;
    }
    this.list.title = this.fixed?.title ?? this.state.title();
    const shows = showsCompletions(this.state.value);
    const items = rows.filter((row) => row.kind !== "completion" || shows).map((row) => toItem(row, this.fixed !== undefined));
    if (this.fixed && this.list.items.length > 0) {
      return;
    }
    const kept = this.list.value === this.refreshed ? moved(this.list.activeItems[0], this.list.items, items) : undefined;
    this.refreshed = this.list.value;
    this.list.items = items;
    if (kept) {
      this.list.activeItems = [kept];
    }
  }

  /** Shows the results that were left out, from the row that stood for them on. */
  private showAll(): void {
    const at = this.list.items.length - 1;
    this.state.showAll();
    this.refresh();
    const first = this.list.items[at];
    if (first) {
      this.list.activeItems = [first];
    }
  }

  private highlighted(item: Item | undefined): void {
    if (item?.row.kind === "more" && item === this.list.items.at(-1)) {
      this.showAll();
      return;
    }
    if (vscode.workspace.getConfiguration("semantic.picker").get<boolean>("preview", true)) {
      this.preview.show(item?.row.kind === "result" ? item.row.result : undefined);
    }
  }

  private async chosen(item: Item | undefined, toSide: boolean): Promise<void> {
    switch (item?.row.kind) {
      case "result":
        await this.accept(!toSide);
        await open(item.row.result, { toSide });
        break;
      case "completion":
        this.change(complete(this.state.value, item.row.completion));
        break;
      case "earlier":
      case "example":
        this.change(item.row.query);
        break;
      case "more":
        this.showAll();
        break;
      case "hint":
        if (item.row.action !== "none") {
          this.list.hide();
          await vscode.commands.executeCommand(item.row.action === "openFolder" ? "workbench.action.files.openFolder" : "semantic.menu");
        }
        break;
      default:
    }
  }

  private pressed(button: vscode.QuickInputButton): void {
    if (button === buttons.pin) {
      this.pin();
    } else {
      void this.addOperator();
    }
  }

  private async pressedOn(item: Item, button: vscode.QuickInputButton): Promise<void> {
    const { row } = item;
    if (row.kind === "earlier") {
      await this.tools.memory.update(
        historyKey,
        this.history().filter((query) => query !== row.query),
      );
      this.refresh();
    } else if (row.kind === "result") {
      switch (button) {
        case buttons.side:
          await this.chosen(item, true);
          break;
        case buttons.similar:
          await this.similar(item);
          break;
        default:
          await this.explain(item);
      }
    }
  }

  /** Lets a person choose an operator, then goes on with the query. */
  private async addOperator(): Promise<void> {
    const query = this.state.value.trim();
    this.list.hide();
    let proposals: readonly vscode.QuickPickItem[] = [];
    try {
      const { items } = await this.tools.connection.request("semantic/complete", { text: "", cursor: 0 });
      proposals = items.map((item) => ({ label: item.text, description: item.detail ?? "" }));
    } catch (error) {
      void vscode.window.showErrorMessage(describe(error));
    }
    const chosen = await vscode.window.showQuickPick(proposals, { title: "Operators", placeHolder: "What should the results have in common?" });
    new Picker(this.tools).show(`${query === "" ? "" : `${query} `}${chosen?.label ?? ""}`);
  }

  /** Closes the picker after a choice. What is previewed stays, unless it is to be seen elsewhere. */
  private async accept(keep = true): Promise<void> {
    const settled = this.preview.end(keep);
    this.list.hide();
    if (!this.fixed) {
      await this.tools.memory.update(historyKey, remember(this.history(), this.state.query));
    }
    await settled;
  }
}

/** The item to highlight in new rows when somebody had moved from the first to another: the same result, if it is still there. */
function moved(active: Item | undefined, before: readonly Item[], now: readonly Item[]): Item | undefined {
  if (active?.row.kind !== "result" || active === before[0]) {
    return undefined;
  }
  const { result } = active.row;
  return now.find(({ row }) => row.kind === "result" && isSamePlace(row.result, result));
}

function toItem(row: Row, filtered: boolean): Item {
  const alwaysShow = !filtered;
  switch (row.kind) {
    case "result": {
      const { result } = row;
      return {
        row,
        alwaysShow,
        iconPath: vscode.Uri.parse(barPicture(result.score)),
        label: `$(${icon(result.kind)}) ${title(result)}`,
        description: place(result),
        detail: detail(result),
        buttons: filtered ? [buttons.side, buttons.similar] : [buttons.side, buttons.similar, buttons.explain],
      };
    }
    case "completion":
      return { row, alwaysShow, label: `$(filter) ${row.completion.text}`, description: row.completion.detail ?? "" };
    case "earlier":
      return { row, alwaysShow, label: `$(history) ${row.query}`, buttons: [buttons.forget] };
    case "example":
      return { row, alwaysShow, label: `$(lightbulb) ${row.query}` };
    case "separator":
      return { row, label: row.text, kind: vscode.QuickPickItemKind.Separator };
    case "more":
      return { row, alwaysShow, label: `$(ellipsis) ${count(row.count, "more result")}`, detail: "less likely than those above" };
    case "hint":
      return { row, alwaysShow, label: row.text, detail: row.detail };
  }
}
