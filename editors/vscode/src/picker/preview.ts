// The code of the highlighted result, shown in passing, and the way back to what was there before.

import * as vscode from "vscode";

import { open, toRange, uriOf } from "../places";
import type { SearchResult } from "../protocol";

/** Milliseconds a result is highlighted before its code is shown, so that typing does not flip through files. */
const settle = 120;

/** Previews for one picker. */
export class Preview implements vscode.Disposable {
  private readonly before = vscode.window.activeTextEditor;
  private readonly selection = this.before?.selection;
  private readonly visible = this.before?.visibleRanges[0];
  private readonly highlight = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    isWholeLine: true,
  });
  private timer: NodeJS.Timeout | undefined;
  private marked: vscode.TextEditor | undefined;
  private shown: vscode.Uri | undefined;
  private wanted: SearchResult | undefined;
  private working: Promise<void> = Promise.resolve();

  /** Shows a result soon; nothing keeps what is shown. */
  show(result: SearchResult | undefined): void {
    clearTimeout(this.timer);
    this.wanted = result;
    if (result) {
      this.timer = setTimeout(() => {
        this.working = this.working.then(() => this.openNow(result));
      }, settle);
    }
  }

  /** Goes back to what was there before the first preview. */
  async restore(): Promise<void> {
    this.show(undefined);
    await this.working;
    if (!this.shown) {
      return;
    }
    const { before, selection, visible } = this;
    if (!before) {
      await this.close(this.shown);
      return;
    }
    const editor = await vscode.window.showTextDocument(before.document, {
      ...(before.viewColumn === undefined ? {} : { viewColumn: before.viewColumn }),
      ...(selection ? { selection } : {}),
    });
    if (visible) {
      editor.revealRange(visible, vscode.TextEditorRevealType.AtTop);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.wanted = undefined;
    void this.working.then(() => {
      this.highlight.dispose();
    });
  }

  private async openNow(result: SearchResult): Promise<void> {
    if (this.wanted !== result) {
      return;
    }
    const editor = await open(result, { passing: true });
    this.marked?.setDecorations(this.highlight, []);
    this.marked = editor;
    if (!editor) {
      return;
    }
    this.shown = uriOf(result);
    const lines = result.bestLines;
    const range = lines ? new vscode.Range(lines.startLine - 1, 0, lines.endLine - 1, 0) : toRange(result.location.range);
    editor.setDecorations(this.highlight, [editor.document.validateRange(range)]);
  }

  private async close(uri: vscode.Uri): Promise<void> {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    if (tab?.isPreview && tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString()) {
      await vscode.window.tabGroups.close(tab, true);
    }
  }
}
