// The code of the highlighted result, shown in passing, and the way back to what was there before.

import * as vscode from "vscode";

import { isSamePlace, open, toRange, uriOf } from "../places";
import type { SearchResult } from "../protocol";

/** Milliseconds a result is highlighted before its code is shown, so that a held arrow key does not flip through files. */
const settle = 80;

/** Milliseconds without a key before the code of the first result is shown: opening files would hold up the list meanwhile. */
const rest = 450;

/** What previews do with editors, one after the other, so that the next search starts from where the last one went back to. */
let queue: Promise<void> = Promise.resolve();

/** Where a person was before the first preview. */
interface Origin {
  readonly editor: vscode.TextEditor | undefined;
  readonly selection: vscode.Selection | undefined;
  readonly visible: vscode.Range | undefined;
}

/** Previews for one picker. */
export class Preview {
  private readonly highlight = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    isWholeLine: true,
  });
  private origin: Origin | undefined;
  private timer: NodeJS.Timeout | undefined;
  private marked: vscode.TextEditor | undefined;
  private shown: SearchResult | undefined;
  private wanted: SearchResult | undefined;
  private lastKey = Number.NEGATIVE_INFINITY;
  private ended = false;

  /** Notes that somebody types. What was to be shown may be out of date by the next answer. */
  typed(): void {
    this.lastKey = performance.now();
    this.show(undefined);
  }

  /** Shows a result soon; nothing leaves what is shown. */
  show(result: SearchResult | undefined): void {
    clearTimeout(this.timer);
    this.wanted = result;
    if (result && !this.ended) {
      this.timer = setTimeout(() => {
        void this.enqueue(() => this.openNow(result));
      }, Math.max(settle, this.lastKey + rest - performance.now()));
    }
  }

  /** Ends the previews: keeps what is shown, or goes back to what was there before. Only the first call counts. */
  async end(keep: boolean): Promise<void> {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.show(undefined);
    await this.enqueue(async () => {
      this.highlight.dispose();
      if (!keep) {
        await this.goBack();
      }
    });
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    // A document or tab that is gone by now is no loss: there is nothing to show, or nothing to close.
    queue = queue.then(work).catch(() => undefined);
    return queue;
  }

  private async openNow(result: SearchResult): Promise<void> {
    if (this.wanted !== result) {
      return;
    }
    if (this.marked && this.shown && isSamePlace(this.shown, result) && vscode.window.visibleTextEditors.includes(this.marked)) {
      this.mark(this.marked, result); // other words may be in another line of it
      return;
    }
    const editor = vscode.window.activeTextEditor;
    this.origin ??= { editor, selection: editor?.selection, visible: editor?.visibleRanges[0] };
    const opened = await open(result, { keepFocus: true, quiet: true });
    this.marked?.setDecorations(this.highlight, []);
    this.marked = opened;
    if (!opened) {
      return;
    }
    this.shown = result;
    this.mark(opened, result);
  }

  /** Highlights the lines of a result that say most. */
  private mark(editor: vscode.TextEditor, result: SearchResult): void {
    const lines = result.bestLines;
    const range = lines ? new vscode.Range(lines.startLine - 1, 0, lines.endLine - 1, 0) : toRange(result.location.range);
    editor.setDecorations(this.highlight, [editor.document.validateRange(range)]);
  }

  private async goBack(): Promise<void> {
    if (!this.shown || !this.origin) {
      return;
    }
    const { editor, selection, visible } = this.origin;
    if (!editor) {
      await close(uriOf(this.shown));
      return;
    }
    // The editor gave the focus back when the picker closed; by now it may be in another one.
    const back = await vscode.window.showTextDocument(editor.document, {
      preserveFocus: true,
      ...(editor.viewColumn === undefined ? {} : { viewColumn: editor.viewColumn }),
      ...(selection ? { selection } : {}),
    });
    if (visible) {
      back.revealRange(visible, vscode.TextEditorRevealType.AtTop);
    }
  }
}

/** Closes the passing tab of a document. */
async function close(uri: vscode.Uri): Promise<void> {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  if (tab?.isPreview && tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString()) {
    await vscode.window.tabGroups.close(tab, true);
  }
}
