// The entry: what is made when the extension is activated. The client library is loaded later, with the first start of
// the server.

import * as vscode from "vscode";

import { registerCommands } from "./commands";
import { Connection } from "./connection";
import { atStart } from "./server/settings";
import { StatusItem } from "./status/item";
import { Documents } from "./views/documents";
import { Duplicates } from "./views/duplicates";
import { PinnedResults } from "./views/results";

let connection: Connection | undefined;

/** Called by the editor, once. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Semantic Search", { log: true });
  connection = new Connection(context, log);
  const memory = context.workspaceState;
  const pinned = new PinnedResults(memory);
  const duplicates = new Duplicates(connection);
  const documents = new Documents();
  context.subscriptions.push(
    log,
    connection,
    pinned,
    duplicates,
    documents,
    new StatusItem(connection),
    registerCommands({ connection, memory, pinned, duplicates, documents }),
    vscode.workspace.onDidChangeWorkspaceFolders(startWhenUseful),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(settingsChanged),
  );
  startWhenUseful();
}

/** Called by the editor at its end. */
export async function deactivate(): Promise<void> {
  await connection?.stop();
}

/** Starts the server when there is something to index, so that the index is there when somebody asks. */
function startWhenUseful(): void {
  const enabled = vscode.workspace.getConfiguration("semantic").get("enabled") !== "off";
  if (enabled && connection?.state.kind === "idle" && (vscode.workspace.workspaceFolders?.length ?? 0) > 0) {
    connection.start().catch(() => undefined); // the status item tells
  }
}

/** Has a changed set-up take effect. A server that nobody needed yet is left alone. */
function restart(): void {
  if (connection?.state.kind === "idle") {
    startWhenUseful();
    return;
  }
  connection?.restart().catch(() => undefined); // the status item tells
}

function settingsChanged(event: vscode.ConfigurationChangeEvent): void {
  if (["server", ...atStart].some((key) => event.affectsConfiguration(`semantic.${key}`))) {
    restart();
  } else if (event.affectsConfiguration("semantic.enabled")) {
    startWhenUseful();
  }
}
