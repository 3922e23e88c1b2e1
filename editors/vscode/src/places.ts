// From results to editors.

import * as vscode from "vscode";

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

/** Opens the code of a result. Returns undefined when its file is gone, which the person is told. */
export async function open(result: SearchResult, manner: Manner = {}): Promise<vscode.TextEditor | undefined> {
  let document: vscode.TextDocument;
  try {
    const uri = uriOf(result);
    // A file that is gone would still open when it was shown before. One with unsaved changes may.
    if (!vscode.workspace.textDocuments.some((open) => open.isDirty && open.uri.toString() === uri.toString())) {
      await vscode.workspace.fs.stat(uri);
    }
    document = await vscode.workspace.openTextDocument(uri);
  } catch {
    if (manner.quiet !== true) {
      void vscode.window.showWarningMessage(`${result.path} was deleted since it was found, or cannot be read. Search again.`);
    }
    return undefined;
  }
  const name = document.validateRange(toRange(result.nameRange));
  const editor = await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(name.start, name.start),
    preserveFocus: manner.keepFocus === true,
    preview: manner.keepFocus === true,
    viewColumn: manner.toSide === true ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
  });
  editor.revealRange(name, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return editor;
}

/** Whether two results are the same unit, maybe with other lines of it. */
export function isSamePlace(a: SearchResult, b: SearchResult): boolean {
  return a.location.uri === b.location.uri && a.nameRange.start.line === b.nameRange.start.line;
}
