// The view of nearly identical code.

import * as vscode from "vscode";

import type { Connection } from "../connection";
import { count, shortcoming, title } from "../format";
import { open, toRange, uriOf } from "../places";
import type { DuplicatesGroup, DuplicatesResponse, SearchResult } from "../protocol";
import { resultItem } from "./results";

/** What a row of the tree stands for. */
type Node = DuplicatesGroup | SearchResult;

function isGroup(node: Node): node is DuplicatesGroup {
  return "units" in node;
}

/** Groups of nearly identical code, and their view. */
export class Duplicates implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private response: DuplicatesResponse | undefined;
  private searches = 0;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view = vscode.window.createTreeView("semantic.duplicates", { treeDataProvider: this, showCollapseAll: true });
  private readonly sides = vscode.workspace.registerTextDocumentContentProvider("semantic-unit", {
    provideTextDocumentContent: async (uri) => {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri.query));
      const [start = 0, end = 0] = uri.fragment.split("-").map(Number);
      return document.getText(new vscode.Range(start - 1, 0, end, 0));
    },
  });

  constructor(private readonly connection: Connection) {}

  /** Searches all open folders, showing how far it is. */
  async search(): Promise<void> {
    await vscode.commands.executeCommand("semantic.duplicates.focus");
    const min = vscode.workspace.getConfiguration("semantic.duplicates").get("similarity", 0.95);
    const workDoneToken = `semantic-duplicates-${++this.searches}`;
    await vscode.window.withProgress({ location: { viewId: "semantic.duplicates" } }, () =>
      vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: "Searching for duplicates", cancellable: true }, async (progress, token) => {
        const session = await this.connection.start();
        const reports = session.onProgress(workDoneToken, (message) => {
          progress.report({ message: message ?? "" });
        });
        try {
          this.response = await session.request("semantic/duplicates", { min, workDoneToken }, token);
        } catch (error) {
          if (!token.isCancellationRequested) {
            throw error;
          }
        } finally {
          reports.dispose();
        }
      }),
    );
    this.refresh();
  }

  clear(): void {
    this.response = undefined;
    this.refresh();
  }

  /** Opens the piece of code that is selected. */
  async openSelected(): Promise<void> {
    const [node] = this.view.selection;
    if (node && !isGroup(node)) {
      await open(node, { keepFocus: true });
    }
  }

  /** Shows what differs between a piece of code and the first of its group. */
  async compare(result: SearchResult): Promise<void> {
    const group = this.response?.groups.find(({ units }) => units.includes(result));
    const other = group?.units.find((unit) => unit !== result);
    if (other) {
      await vscode.commands.executeCommand("vscode.diff", side(other), side(result), `${title(other)} ↔ ${title(result)}`);
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (!isGroup(node)) {
      const item = resultItem(node, true, "semantic.duplicates.open");
      item.contextValue = "duplicate";
      return item;
    }
    const names = [...new Set(node.units.map(title))];
    const item = new vscode.TreeItem(`${node.units.length} × ${names.slice(0, 3).join(", ")}`, vscode.TreeItemCollapsibleState.Collapsed);
    item.description = node.least >= 1 ? "the same text" : `similarity ${node.least.toFixed(2)}`;
    item.iconPath = new vscode.ThemeIcon("copy");
    item.contextValue = "group";
    return item;
  }

  getChildren(node?: Node): Node[] {
    if (node) {
      return isGroup(node) ? [...node.units] : [];
    }
    return [...(this.response?.groups ?? [])];
  }

  dispose(): void {
    this.sides.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  private refresh(): void {
    void vscode.commands.executeCommand("setContext", "semantic.hasDuplicates", this.response !== undefined);
    this.changed.fire(undefined); // before the message, for the reason that PinnedResults gives
    this.view.message = this.response ? this.summary(this.response) : "";
  }

  private summary(response: DuplicatesResponse): string {
    const { state } = this.connection;
    const lacks = response.complete ? undefined : (shortcoming(state.kind === "running" ? state.status : undefined) ?? "the index is being brought up to date");
    const found = response.groups.length === 0 ? "No duplicates" : count(response.groups.length, "group");
    return `${found} among ${count(response.units, "piece")} of code${lacks === undefined ? "" : ` · ${lacks}`}`;
  }
}

/** A piece of code as one side of a comparison. */
function side(result: SearchResult): vscode.Uri {
  const range = toRange(result.location.range);
  return vscode.Uri.from({ scheme: "semantic-unit", path: uriOf(result).path, query: uriOf(result).toString(), fragment: `${range.start.line + 1}-${range.end.line + 1}` });
}
