// Texts of the extension as read-only documents with links: kept results, explanations, reports.

import * as vscode from "vscode";

import { toRange, uriOf } from "../places";
import type { LinkedText } from "./model";

const scheme = "semantic";

/** Documents by name. Showing one again replaces its text. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable {
  private readonly texts = new Map<string, LinkedText>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(scheme, this),
    vscode.languages.registerDocumentLinkProvider({ scheme }, this),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.scheme === scheme) {
        this.texts.delete(document.uri.path);
      }
    }),
  );

  /** Shows a text under a name, which is the title of its tab. */
  async show(name: string, content: LinkedText, beside: boolean): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${name}` });
    this.texts.set(uri.path, content);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, {
      preview: true,
      preserveFocus: beside,
      viewColumn: beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
    });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path)?.text ?? "";
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    return (this.texts.get(document.uri.path)?.links ?? []).map(({ line, length, result }) => {
      const { start } = toRange(result.nameRange);
      const target = uriOf(result).with({ fragment: `L${start.line + 1},${start.character + 1}` });
      return new vscode.DocumentLink(new vscode.Range(line, 0, line, length), target);
    });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
