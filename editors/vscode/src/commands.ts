// Everything a person can do, by the names of package.json.

import * as vscode from "vscode";

import type { Connection } from "./connection";
import { describe } from "./errors";
import { shorten, title } from "./format";
import { chooseModel } from "./models";
import { Picker, type Tools } from "./picker/picker";
import { readHistory } from "./picker/history";
import { open } from "./places";
import type { SearchResult, SimilarParams } from "./protocol";
import { showMenu } from "./status/item";
import { describeStatus } from "./status/text";
import type { Documents } from "./views/documents";
import type { Duplicates } from "./views/duplicates";
import { explanation } from "./views/explanation";
import { asText } from "./views/model";
import type { Node, PinnedResults } from "./views/results";

/** How much of a query or of code stands in a title. */
const longestTitle = 40;

/** The parts that commands work on. */
export interface Parts {
  readonly connection: Connection;
  readonly memory: vscode.Memento;
  readonly pinned: PinnedResults;
  readonly duplicates: Duplicates;
  readonly documents: Documents;
}

/** Registers all commands. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const commands = new Commands(parts);
  const { connection, pinned, duplicates } = parts;
  const all: Record<string, (...args: never[]) => unknown> = {
    search: (query?: unknown) => {
      commands.search(query);
    },
    similar: (params?: SimilarParams) => commands.similar(params),
    searchComment: () => commands.searchComment(),
    explain: () => commands.explainCursor(),
    duplicates: () => duplicates.search(),
    "duplicates.clear": () => {
      duplicates.clear();
    },
    "duplicates.open": () => duplicates.openSelected(),
    "duplicates.compare": (node: SearchResult) => duplicates.compare(node),
    openPage: () => commands.openPage(),
    menu: () => showMenu(connection),
    status: () => commands.status(),
    pause: () => connection.request("semantic/pause", {}),
    resume: () => connection.request("semantic/resume", {}),
    reindex: () => connection.request("semantic/reindex", {}),
    restart: () => connection.restart(),
    log: () => {
      connection.log.show();
    },
    settings: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:semantic-lsp.semantic-code-search"),
    doctor: () => commands.doctor(),
    chooseModel: () => chooseModel(connection),
    "picker.complete": () => {
      Picker.current?.complete();
    },
    "picker.openToSide": () => {
      Picker.current?.openToSide();
    },
    "picker.pin": () => {
      Picker.current?.pin();
    },
    "picker.similar": () => Picker.current?.similar(),
    "picker.explain": () => Picker.current?.explain(),
    "results.refine": () => {
      commands.search(pinned.current?.title);
    },
    "results.clear": () => {
      pinned.clear();
    },
    "results.asTree": () => {
      pinned.group(true);
    },
    "results.asList": () => {
      pinned.group(false);
    },
    "results.dismiss": (node?: Node) => {
      pinned.dismiss(node);
    },
    "results.copy": (node?: Node) => pinned.copy(node),
    "results.copyAll": () => pinned.copyAll(),
    "results.openAll": () => pinned.openAll(),
    "results.open": () => pinned.openSelected(),
    "results.openToSide": (node: SearchResult) => open(node, { toSide: true }),
    "results.similar": (node: SearchResult) => commands.similarTo(node),
    "results.explain": (node: SearchResult) => commands.explain(pinned.current?.title ?? "", node),
    "results.asDocument": () => commands.resultsAsDocument(),
  };
  return vscode.Disposable.from(
    ...Object.entries(all).map(([name, run]) =>
      vscode.commands.registerCommand(`semantic.${name}`, async (...args: never[]) => {
        try {
          await run(...args);
        } catch (error) {
          tell(error);
        }
      }),
    ),
  );
}

function tell(error: unknown): void {
  const text = describe(error);
  void vscode.window.showErrorMessage(`Semantic Search: ${text.charAt(0).toUpperCase()}${text.slice(1)}`);
}

class Commands {
  private readonly tools: Tools;

  constructor(private readonly parts: Parts) {
    this.tools = {
      connection: parts.connection,
      memory: parts.memory,
      pinned: parts.pinned,
      similar: (result) => {
        this.similarTo(result).catch(tell);
      },
      explain: (query, result) => {
        this.explain(query, result).catch(tell);
      },
    };
  }

  /** Opens the picker: with a query that is given, else with the selected words of one line, else empty. */
  search(query: unknown): void {
    new Picker(this.tools).show(typeof query === "string" ? query : (selectedWords() ?? ""));
  }

  /** Shows code like that at a place or like a text; without parameters, like the selection or the code at the cursor. */
  async similar(params?: SimilarParams): Promise<void> {
    const asked = params ?? this.here();
    if (!asked) {
      throw new Error("open a file and put the cursor into the code that others should resemble");
    }
    const heading = asked.text === undefined ? "Code like that at the cursor" : `Code like “${shorten(asked.text, longestTitle)}”`;
    await this.showSimilar(heading, asked);
  }

  /** Shows code like that of a result. */
  async similarTo(result: SearchResult): Promise<void> {
    const params = { textDocument: { uri: result.location.uri }, position: result.nameRange.start };
    await this.showSimilar(`Code like ${title(result)}`, params);
  }

  /** Searches for code that does what the comment at the cursor says. What the comment is, the server knows. */
  async searchComment(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor) {
      await this.parts.connection.start();
      const { uri } = editor.document;
      const actions = await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>("vscode.executeCodeActionProvider", uri, editor.selection, "semantic");
      for (const action of actions) {
        const command = typeof action.command === "string" ? undefined : action.command;
        const text = (command?.arguments?.[0] as SimilarParams | undefined)?.text;
        if (text !== undefined && command?.command === "semantic.similar") {
          await this.similar({ text });
          return;
        }
      }
    }
    throw new Error("put the cursor into a comment, or select what to search for");
  }

  /** Says why the code at the cursor has its place in the last search. */
  async explainCursor(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme !== "file") {
      throw new Error("open a file and put the cursor into the code to explain");
    }
    const [last = ""] = readHistory(this.parts.memory.get("semantic.queries"));
    const query = await vscode.window.showInputBox({ title: "Explain the place of this code in a search", prompt: "The query", value: last });
    if (query !== undefined && query.trim() !== "") {
      const { active } = editor.selection;
      await this.showExplanation(query, { uri: editor.document.uri.toString(), position: { line: active.line, character: active.character } });
    }
  }

  /** Says why a result has its place. */
  async explain(query: string, result: SearchResult): Promise<void> {
    await this.showExplanation(query, { uri: result.location.uri, position: result.nameRange.start });
  }

  /** Opens the page with the map. The server has the editor show it; where no browser opens, its address does. */
  async openPage(): Promise<void> {
    const { url } = await this.parts.connection.request("semantic/openPage", {});
    const copy = "Copy Address";
    void vscode.window.showInformationMessage("The map is open in the browser. It lives as long as this window.", copy).then((answer) => {
      if (answer === copy) {
        void vscode.env.clipboard.writeText(url);
      }
    });
  }

  async status(): Promise<void> {
    const status = await this.parts.connection.request("semantic/status", {});
    const lines = [...describeStatus(status), `Folder of the indexes: ${status.cacheDir}`, `Changes on disk are noticed by ${status.watching ?? "the editor alone"}`];
    const text = lines.join("\n").replace(/\\(.)/gu, "$1").replaceAll("**", "");
    await this.parts.documents.show("Status of Semantic Search", { text: `${text}\n`, links: [] }, false);
  }

  /** Shows what the server's program says about the set-up, in the folder of the active editor. */
  async doctor(): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const folder = (uri && vscode.workspace.getWorkspaceFolder(uri)) ?? vscode.workspace.workspaceFolders?.[0];
    const report = await this.parts.connection.run(["doctor", "--color", "never", ...(folder ? ["--root", folder.uri.fsPath] : [])]);
    await this.parts.documents.show("Doctor of Semantic Search", { text: report, links: [] }, false);
  }

  async resultsAsDocument(): Promise<void> {
    const { current } = this.parts.pinned;
    if (current) {
      await this.parts.documents.show(`Results for ${shorten(current.title, longestTitle)}`, asText(current), false);
    }
  }

  private async showSimilar(heading: string, params: SimilarParams): Promise<void> {
    const limit = vscode.workspace.getConfiguration("semantic.picker").get("limit", 50);
    const response = await this.parts.connection.request("semantic/similar", { ...params, limit });
    if (response.results.length === 0) {
      void vscode.window.showInformationMessage(`${heading}: nothing found${response.message ? ` (${response.message})` : ""}.`);
      return;
    }
    new Picker(this.tools, { title: heading, response }).show();
  }

  private async showExplanation(query: string, at: { uri: string; position: { line: number; character: number } }): Promise<void> {
    const response = await this.parts.connection.request("semantic/explain", { query, textDocument: { uri: at.uri }, position: at.position });
    await this.parts.documents.show(`Why ${title(response.result)}`, explanation(query, response), true);
  }

  /** The selection when it is more than a few words, else the place of the cursor. */
  private here(): SimilarParams | undefined {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      return undefined;
    }
    if (!editor.selection.isSingleLine || editor.document.uri.scheme !== "file") {
      const text = editor.document.getText(editor.selection.isEmpty ? undefined : editor.selection);
      return { text: text.slice(0, 4000) };
    }
    const { line, character } = editor.selection.active;
    return { textDocument: { uri: editor.document.uri.toString() }, position: { line, character } };
  }
}

/** The selection, when it is some words of one line. */
function selectedWords(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.selection.isEmpty || !editor.selection.isSingleLine) {
    return undefined;
  }
  return editor.document.getText(editor.selection);
}
