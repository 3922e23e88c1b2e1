// From results to editors.

import * as vscode from "vscode";

import { title, whereNow } from "./format";
import type { Range, SearchResult } from "./protocol";

/** A range as the editor has it. The protocol counts in UTF-16, as the editor does. */
export function toRange(range: Range): vscode.Range {
  return new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
}

export function uriOf(result: SearchResult): vscode.Uri {
  return vscode.Uri.parse(result.location.uri);
}

/** How a result is opened. */
export interface Manner {
  readonly toSide?: boolean;
  /** Leaves the focus where it is; the next one that is opened takes its place. */
  readonly keepFocus?: boolean;
  /** Says nothing when the file is gone. */
  readonly quiet?: boolean;
}

/** Whether a file is there. One that is gone would still open when it was shown before; one with unsaved changes may. */
async function exists(uri: vscode.Uri): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((open) => open.isDirty && open.uri.toString() === uri.toString())) {
    return true;
  }
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** Opens the code of a result. Returns undefined when its file is gone, which the person is told. */
export async function open(result: SearchResult, manner: Manner = {}): Promise<vscode.TextEditor | undefined> {
  let document: vscode.TextDocument | undefined;
  try {
    document = (await exists(uriOf(result))) ? await vscode.workspace.openTextDocument(uriOf(result)) : undefined;
  } catch {
    document = undefined; // it cannot be read
  }
  if (!document) {
    if (manner.quiet !== true) {
      void vscode.window.showWarningMessage(`${result.path} was deleted since it was found, or cannot be read. Search again.`);
    }
    return undefined;
  }
  const now = whereNow((line) => (line < document.lineCount ? document.lineAt(line).text : undefined), result.name, result.nameRange.start);
  if (!now && manner.quiet !== true) {
    void vscode.window.showWarningMessage(`${result.path} has changed since, and ${title(result)} is not in it any more. Search again.`);
  }
  const start = document.validatePosition(now ? new vscode.Position(now.line, now.character) : toRange(result.nameRange).start);
  const editor = await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(start, start),
    preserveFocus: manner.keepFocus === true,
    preview: manner.keepFocus === true,
    viewColumn: manner.toSide === true ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
  });
  editor.revealRange(new vscode.Range(start, start), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return editor;
}

/**
 * Opens the files of results in tabs behind the others, so that nothing takes the keys of somebody who goes on typing, then
 * the first result in front. Stops between two files when it is cancelled. Returns the paths of files that are gone.
 */
export async function openAll(results: readonly SearchResult[], token: vscode.CancellationToken): Promise<string[]> {
  const gone: string[] = [];
  let first: SearchResult | undefined;
  for (const result of results) {
    if (token.isCancellationRequested) {
      break;
    }
    if (!(await exists(uriOf(result)))) {
      gone.push(result.path);
    } else if (first) {
      const { start } = toRange(result.nameRange);
      const options: Background = { background: true, preserveFocus: true, preview: false, selection: new vscode.Range(start, start) };
      await vscode.commands.executeCommand("vscode.open", uriOf(result), options);
    } else {
      first = result;
      await open(result, { quiet: true });
    }
  }
  return gone;
}

/** How a tab is opened behind the others. The editor's command knows it, though its declarations do not. */
interface Background extends vscode.TextDocumentShowOptions {
  readonly background: boolean;
}

/** Whether two results are the same unit, maybe with other lines of it. */
export function isSamePlace(a: SearchResult, b: SearchResult): boolean {
  return a.location.uri === b.location.uri && a.nameRange.start.line === b.nameRange.start.line;
}
