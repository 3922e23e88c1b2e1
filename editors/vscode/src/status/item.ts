// The status item, its menu, and the context keys that say which commands can work now.

import * as vscode from "vscode";

import type { Connection, State } from "../connection";
import { statusText } from "./text";

/** The item in the status bar. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("semantic.status", vscode.StatusBarAlignment.Right, 90);
  private readonly subscriptions: vscode.Disposable[] = [];
  private told = "";

  constructor(private readonly connection: Connection) {
    this.item.name = "Semantic Search";
    this.item.command = "semantic.menu";
    this.subscriptions.push(
      connection.onDidChange(() => {
        this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("semantic.client.progress")) {
          this.refresh();
        }
      }),
    );
    this.refresh();
    this.item.show();
  }

  dispose(): void {
    vscode.Disposable.from(this.item, ...this.subscriptions).dispose();
  }

  private refresh(): void {
    const { state } = this.connection;
    const status = statusText(state, vscode.workspace.getConfiguration("semantic").get<boolean>("client.progress", true));
    this.item.text = status.text;
    this.item.tooltip = new vscode.MarkdownString(status.tooltip.join("\n\n"));
    this.item.accessibilityInformation = { label: `Semantic Search: ${status.text.replace(/\$\([^)]*\)\s*/gu, "")}`, role: "button" };
    this.item.backgroundColor = status.severity === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${status.severity}Background`);
    for (const [key, value] of Object.entries({
      running: state.kind === "running",
      canRun: canRun(state),
      canPause: status.canPause,
      canResume: status.canResume,
      canReindex: status.canReindex,
    })) {
      void vscode.commands.executeCommand("setContext", `semantic.${key}`, value);
    }
    this.tell();
  }

  /** Tells a failure once, with what can be done about it. */
  private tell(): void {
    const { state } = this.connection;
    if (state.kind !== "failed") {
      this.told = state.kind === "running" ? "" : this.told;
      return;
    }
    if (this.told === state.message) {
      return;
    }
    this.told = state.message;
    void vscode.window.showErrorMessage(`Semantic Search: ${state.message}`, "Open Setting", "Show Log", "Restart").then((answer) => {
      switch (answer) {
        case "Open Setting":
          return vscode.commands.executeCommand("workbench.action.openSettings", "semantic.server.path");
        case "Show Log":
          return vscode.commands.executeCommand("semantic.log");
        case "Restart":
          return vscode.commands.executeCommand("semantic.restart");
        default:
          return undefined;
      }
    });
  }
}

/** Whether there is a program of the server that can be run, as far as is known. */
function canRun(state: State): boolean {
  return state.kind !== "failed" || !state.setup;
}

interface Choice extends vscode.QuickPickItem {
  readonly command?: string;
}

/** The menu behind the item: what can be done now. */
export async function showMenu(connection: Connection): Promise<void> {
  const { state } = connection;
  const { canPause, canResume, canReindex, tooltip } = statusText(state, true);
  const model = state.kind === "running" && state.status ? state.status.model : "";
  const choice = (label: string, command: string, when = true, description = ""): Choice[] => (when ? [{ label, command, description }] : []);
  const running = state.kind === "running";
  const chosen = await vscode.window.showQuickPick<Choice>(
    [
      ...choice("$(search) Search…", "semantic.search"),
      ...choice("$(debug-pause) Pause Indexing", "semantic.pause", canPause),
      ...choice("$(debug-start) Resume Indexing", "semantic.resume", canResume),
      ...choice("$(refresh) Index Again", "semantic.reindex", canReindex, "reads every file again, keeps what did not change"),
      ...choice("$(map) Map", "semantic.openPage", running, "all functions in the browser, near each other when alike"),
      ...choice("$(info) Status", "semantic.status", running),
      ...choice("$(chip) Model…", "semantic.chooseModel", canRun(state), model),
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      ...choice("$(output) Log", "semantic.log"),
      ...choice("$(heart) Doctor", "semantic.doctor", canRun(state), "checks the set-up and says what to do"),
      ...choice("$(debug-restart) Restart the Server", "semantic.restart"),
      ...choice("$(gear) Settings", "semantic.settings"),
    ],
    { title: "Semantic Search", placeHolder: plain(tooltip[0] ?? "") },
  );
  if (chosen?.command !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

/** A line of Markdown without its marks. */
function plain(markdown: string): string {
  return markdown.replaceAll("**", "").replace(/\\(.)/gu, "$1");
}
