// The view of kept results.

import * as vscode from "vscode";

import { bestLine, count, icon, place, shorten, signature, textBar, title } from "../format";
import { open, openAll, uriOf } from "../places";
import type { SearchResult } from "../protocol";
import { type FileGroup, ResultSet, type StoredSet, line, readSet } from "./model";

const groupedKey = "semantic.grouped";
const pinnedKey = "semantic.pinned";

/** Most files that are opened at once without asking. */
const manyFiles = 10;

/** How much of a list of files stands in a message. */
const longestList = 200;

/** What a row of the tree stands for. */
export type Node = FileGroup | SearchResult;

function isGroup(node: Node): node is FileGroup {
  return "results" in node;
}

/** The set of results that is kept, and its view. */
export class PinnedResults implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private set: ResultSet | undefined;
  private groups: readonly FileGroup[] = [];
  private grouped: boolean;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;

  constructor(private readonly memory: vscode.Memento) {
    this.grouped = memory.get(groupedKey, true);
    this.set = readSet(memory.get(pinnedKey));
    this.view = vscode.window.createTreeView("semantic.results", { treeDataProvider: this, canSelectMany: true, showCollapseAll: true });
    this.refresh();
  }

  get current(): ResultSet | undefined {
    return this.set;
  }

  /** Keeps results in place of those that are kept, and shows them. */
  pin(query: string, results: readonly SearchResult[], refinable: boolean): void {
    this.set = new ResultSet(query, results, refinable);
    this.refresh();
    this.store();
    void vscode.commands.executeCommand("semantic.results.focus");
  }

  clear(): void {
    this.set = undefined;
    this.refresh();
    this.store();
  }

  group(grouped: boolean): void {
    this.grouped = grouped;
    void this.memory.update(groupedKey, grouped);
    this.refresh();
  }

  dismiss(node: Node | undefined): void {
    this.set?.dismiss(this.results(node));
    this.refresh();
    this.store();
  }

  /** Copies a row, with all others that are selected, one line for each result. */
  async copy(node?: Node): Promise<void> {
    await copyLines(this.results(node));
  }

  /** Copies everything, one line for each result. */
  async copyAll(): Promise<void> {
    await copyLines(this.set?.results ?? []);
  }

  /** Opens the result that is selected. */
  async openSelected(): Promise<void> {
    const [node] = this.view.selection;
    if (node && !isGroup(node)) {
      await open(node, { keepFocus: true });
    }
  }

  /** Opens every file of the set, at its best result; the best of all in front. */
  async openAll(): Promise<void> {
    const groups = this.set?.groups() ?? [];
    if (groups.length > manyFiles) {
      const answer = await vscode.window.showWarningMessage(`Open ${groups.length} files?`, { modal: true }, "Open");
      if (answer === undefined) {
        return;
      }
    }
    const best = groups.flatMap(({ results }) => results.slice(0, 1));
    const progress = { location: vscode.ProgressLocation.Notification, title: `Opening ${count(best.length, "file")}`, cancellable: true };
    const gone = await vscode.window.withProgress(progress, (_, token) => openAll(best, token));
    if (gone.length > 0) {
      void vscode.window.showWarningMessage(`${count(gone.length, "file was", "files were")} deleted since found, or cannot be read: ${shorten(gone.join(", "), longestList)}`);
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isGroup(node) ? groupItem(node) : resultItem(node, !this.grouped, "semantic.results.open");
  }

  getChildren(node?: Node): Node[] {
    if (node) {
      return isGroup(node) ? [...node.results] : [];
    }
    return this.grouped ? [...this.groups] : [...(this.set?.results ?? [])];
  }

  getParent(node: Node): Node | undefined {
    return isGroup(node) || !this.grouped ? undefined : this.groups.find((group) => group.results.includes(node));
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }

  /** The results that a command is about: those of a row, with all others that are selected when the row is. */
  private results(node: Node | undefined): SearchResult[] {
    const { selection } = this.view;
    const nodes = node && !selection.includes(node) ? [node] : selection;
    return nodes.flatMap((each) => (isGroup(each) ? [...each.results] : [each]));
  }

  /** Keeps the set for the next window on these folders. */
  private store(): void {
    const stored: StoredSet | undefined = this.set && { title: this.set.title, results: this.set.results, refinable: this.set.refinable };
    void this.memory.update(pinnedKey, stored);
  }

  private refresh(): void {
    if (this.set?.results.length === 0) {
      this.set = undefined;
    }
    this.groups = this.set?.groups() ?? [];
    // Before the message: the editor puts off what follows another change by 200 ms, and until rows are made anew a click on
    // one that is shown would be lost.
    this.changed.fire(undefined);
    this.view.description = this.set?.title ?? "";
    this.view.message = this.set?.summary() ?? "";
    for (const [key, value] of Object.entries({
      hasResults: this.set !== undefined,
      canRefine: this.set?.refinable === true,
      grouped: this.grouped,
    })) {
      void vscode.commands.executeCommand("setContext", `semantic.${key}`, value);
    }
  }
}

async function copyLines(results: readonly SearchResult[]): Promise<void> {
  await vscode.env.clipboard.writeText(results.map(line).join("\n"));
}

function groupItem(group: FileGroup): vscode.TreeItem {
  const [first] = group.results;
  const item = new vscode.TreeItem(group.path, vscode.TreeItemCollapsibleState.Expanded);
  if (first) {
    item.resourceUri = uriOf(first);
  }
  item.iconPath = vscode.ThemeIcon.File;
  item.label = group.path.slice(group.path.lastIndexOf("/") + 1);
  item.description = group.path.slice(0, Math.max(0, group.path.lastIndexOf("/")));
  item.contextValue = "file";
  return item;
}

/**
 * The row of a result, with the command that opens what is selected. It is not given the result as an argument: the
 * editor forgets arguments with every refresh of a view, and a click on a row that is shown until then would be lost.
 */
export function resultItem(result: SearchResult, withPath: boolean, command: string): vscode.TreeItem {
  const item = new vscode.TreeItem(title(result), vscode.TreeItemCollapsibleState.None);
  item.iconPath = new vscode.ThemeIcon(icon(result.kind));
  item.description = withPath ? place(result) : [`${result.nameRange.start.line + 1}`, signature(result) || bestLine(result)].filter((part) => part !== "").join(": ");
  const markdown = new vscode.MarkdownString();
  markdown.appendCodeblock(result.signature || title(result), result.language);
  markdown.appendText(`${result.documentation}\n${textBar(result.score)}  ${result.confidence}`);
  item.tooltip = markdown;
  item.contextValue = "result";
  item.command = { command, title: "Open" };
  return item;
}
