/// <reference lib="dom" />
// VS Code in a browser with the extension installed, and what a person sees of it and does with it.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { type Browser, type Locator, type Page, chromium } from "playwright-core";

/** Milliseconds an expectation waits before the test fails. No passing test waits for it. */
const patience = 60_000;

function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run the tests with npm run test:integration`);
  return value;
}

function browserProgram(): string {
  const named = process.env["CHROMIUM"];
  const found = [named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => file && existsSync(file));
  assert.ok(found, "no Chromium: install it (apt-get install chromium), or name it in the variable CHROMIUM");
  return found;
}

/** Settings of every window. */
const userSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "editor.minimap.enabled": false,
  "extensions.ignoreRecommendations": true,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "git.enabled": false,
  "telemetry.telemetryLevel": "off",
  "security.workspace.trust.enabled": false,
  "workbench.colorTheme": "Default Light Modern",
  "window.menuBarVisibility": "hidden",
  "workbench.layoutControl.enabled": false,
};

/** The installed editor, which opens windows. */
export class Editor {
  private constructor(
    readonly folder: string,
    private readonly process: ChildProcess,
    private readonly address: string,
    private readonly browser: Browser,
    private readonly output: () => string,
  ) {}

  static async start(): Promise<Editor> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "semantic-vscode-"));
    const data = path.join(folder, "data");
    mkdirSync(path.join(data, "User"), { recursive: true });
    writeFileSync(path.join(data, "User", "settings.json"), JSON.stringify(userSettings));
    const common = [variable("SEMANTIC_CODE_SERVER"), "--user-data-dir", data, "--extensions-dir", path.join(folder, "extensions"), "--config", path.join(folder, "config.yaml")];
    execFileSync(process.execPath, [...common, "--install-extension", variable("SEMANTIC_VSIX")], { stdio: "pipe" });
    const server = spawn(
      process.execPath,
      [...common, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"],
      { env: { ...process.env, XDG_CACHE_HOME: path.join(folder, "cache"), EXTENSIONS_GALLERY: "{}" }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    const address = await new Promise<string>((resolve, reject) => {
      const read = (data: Buffer): void => {
        output += data.toString();
        const match = /HTTP server listening on (http:\S+)/u.exec(output);
        if (match?.[1]) {
          resolve(match[1]);
        }
      };
      server.stdout.on("data", read);
      server.stderr.on("data", read);
      server.on("exit", () => {
        reject(new Error(`code-server ended:\n${output}`));
      });
    });
    const browser = await chromium.launch({ executablePath: browserProgram(), args: ["--no-sandbox", "--disable-gpu"] });
    return new Editor(folder, server, address, browser, () => output);
  }

  /** The server inside the installed extension. */
  get server(): string {
    const extensions = path.join(this.folder, "extensions");
    const [extension] = readdirSync(extensions).filter((name) => name.startsWith("semantic-lsp."));
    assert.ok(extension, "the extension is not installed");
    return path.join(extensions, extension, "server", "lsp");
  }

  /** Adds settings to those of every window that opens from now on. */
  configure(settings: Readonly<Record<string, unknown>>): void {
    writeFileSync(path.join(this.folder, "data", "User", "settings.json"), JSON.stringify({ ...userSettings, ...settings }));
  }

  /** Makes a folder with files; settings become those of the workspace. */
  workspace(name: string, files: Readonly<Record<string, string>>, settings: Readonly<Record<string, unknown>> = {}): string {
    const root = path.join(this.folder, "workspaces", name);
    const all = { ...files, ...(Object.keys(settings).length > 0 ? { ".vscode/settings.json": JSON.stringify(settings) } : {}) };
    mkdirSync(root, { recursive: true });
    for (const [file, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    return root;
  }

  /** Makes a program for the setting server.path. */
  program(name: string, script: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, script);
    chmodSync(file, 0o755);
    return file;
  }

  /** Makes a file that opens several folders in one window. */
  folders(...folders: readonly string[]): string {
    const file = path.join(this.folder, "folders.code-workspace");
    writeFileSync(file, JSON.stringify({ folders: folders.map((folder) => ({ path: folder })) }));
    return file;
  }

  /** Opens a window, on a folder, a file of folders, or nothing. */
  async open(folder?: string): Promise<Window> {
    const context = await this.browser.newContext({ viewport: { width: 1040, height: 660 }, deviceScaleFactor: Number(process.env["SEMANTIC_SCALE"] ?? 1) });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: this.address });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const kind = folder?.endsWith(".code-workspace") === true ? "workspace" : "folder";
    await page.goto(folder === undefined ? `${this.address}?ew=true` : `${this.address}?${kind}=${encodeURIComponent(folder)}`);
    const window = new Window(page);
    await window.status.waitFor();
    // The editor may read a file of folders before it can, and then believes that it names none.
    while (kind === "workspace" && (await page.getByText("You have not yet added a folder to the workspace.").isVisible())) {
      await page.reload();
      await window.status.waitFor();
    }
    return window;
  }

  async stop(failed: boolean): Promise<void> {
    await this.browser.close();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill();
      await ended;
    }
    if (failed) {
      console.error(`${this.output()}\nthe editor's files are in ${this.folder}`);
    } else {
      await remove(this.folder);
    }
  }
}

/** Removes a folder in which the servers of windows may still write while they end. */
async function remove(folder: string): Promise<void> {
  for (const end = performance.now() + patience; ; ) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (performance.now() > end) {
        throw error;
      }
      await new Promise(setImmediate);
    }
  }
}

/** A row of a list or tree. */
export interface RowText {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** A window of the editor. */
export class Window {
  readonly status: Locator;

  constructor(readonly page: Page) {
    this.status = page.locator('[id="semantic-lsp.semantic-code-search.semantic.status"]');
  }

  /** Waits until the status item says something. */
  async expectStatus(text: string | RegExp): Promise<void> {
    const matching = typeof text === "string" ? new RegExp(`^Semantic Search: ${text}$`, "u") : text;
    await this.eventually(async () => matching.test((await this.status.getAttribute("aria-label")) ?? ""), async () => `status ${await this.status.getAttribute("aria-label")}, want ${matching}`);
  }

  /** Waits until a condition holds. */
  async eventually(condition: () => Promise<boolean>, describe: () => Promise<string> | string): Promise<void> {
    const end = performance.now() + patience;
    while (!(await condition())) {
      if (performance.now() > end) {
        assert.fail(await describe());
      }
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
  }

  /** Writes the settings of the workspace, in the editor, which has such a file. */
  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.command("Preferences: Open Workspace Settings (JSON)");
    await this.expectEditor("settings.json");
    await this.focused();
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.insertText(JSON.stringify(settings));
    await this.page.locator(".tab.dirty").waitFor();
    await this.command("File: Save");
    await this.page.locator(".tab.dirty").waitFor({ state: "detached" });
    await this.command("View: Close All Editors");
  }

  /** Presses a button of a notification. */
  async answer(button: string): Promise<void> {
    await this.page.locator(".notifications-toasts").getByRole("button", { name: button, exact: true }).click();
  }

  /** Runs a command by its title, as a person does who looks for it in the palette. */
  async command(title: string): Promise<void> {
    await this.palette(title);
    const row = this.rowsOf(".quick-input-widget").filter({ has: this.page.getByText(title, { exact: true }) }).first();
    await row.click();
  }

  /** Whether the palette offers a command. */
  async offers(title: string): Promise<boolean> {
    await this.palette(title);
    await this.eventually(async () => (await this.rowsOf(".quick-input-widget").count()) > 0, () => "the palette stays empty");
    const labels = (await this.rows()).map(({ label }) => label);
    await this.page.keyboard.press("Escape");
    return labels.includes(title);
  }

  private async palette(text: string): Promise<void> {
    await this.closed();
    await this.pointerAside();
    await this.page.keyboard.press("F1");
    await this.page.locator('.quick-input-widget:visible input[placeholder^="Type the name of a command"]:focus').waitFor();
    await this.page.keyboard.type(text);
  }

  /** Opens the search and enters a query at once, so that no row is from the answer to a part of it. */
  async search(query: string): Promise<void> {
    await this.closed();
    await this.pointerAside();
    await this.page.keyboard.press("Control+Alt+s");
    await this.page.locator('.quick-input-widget:visible input[placeholder^="Describe what the code does"]:focus').waitFor();
    await this.page.keyboard.insertText(query);
  }

  /** Waits until no picker is open, so that keys reach the next one. */
  async closed(): Promise<void> {
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Takes the pointer from where it last clicked, so that no tooltip opens over what comes next. */
  private async pointerAside(): Promise<void> {
    await this.page.mouse.move(0, 0);
  }

  private rowsOf(container: string): Locator {
    return this.page.locator(`${container} .monaco-list-row`);
  }

  /**
   * The visible rows of the open picker, from above. The editor uses the elements of rows again, and hides a detail that a
   * row lacks without emptying it; so only text that is displayed counts.
   */
  async rows(): Promise<RowText[]> {
    return this.rowsOf(".quick-input-widget:visible").evaluateAll((rows) => {
      const text = (row: Element, of: string): string => (row.querySelector<HTMLElement>(of)?.innerText ?? "").trim();
      return rows
        .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
        .map((row) => ({
          label: text(row, ".quick-input-list-label .label-name"),
          description: text(row, ".quick-input-list-label .label-description"),
          detail: text(row, ".quick-input-list-label-meta"),
        }));
    });
  }

  /** Waits for rows of the picker that fit, and returns them. */
  async expectRows(fits: (rows: readonly RowText[]) => boolean): Promise<RowText[]> {
    let rows: RowText[] = [];
    await this.eventually(
      async () => {
        rows = await this.rows();
        return fits(rows);
      },
      () => `the rows are ${JSON.stringify(rows)}`,
    );
    return rows;
  }

  /** Waits until the input of the picker holds a text. */
  async expectInput(text: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget:visible .quick-input-filter input").first();
    await this.eventually(async () => (await input.inputValue()) === text, async () => `the input holds ${await input.inputValue()}, want ${text}`);
  }

  /** Waits until the picker shows a row with a text. */
  async expectRow(text: string): Promise<RowText[]> {
    return this.expectRows((rows) => rows.some(({ label, description, detail }) => `${label} ${description} ${detail}`.includes(text)));
  }

  /** Searches, waits until the picker shows a row with a text, and closes it. */
  async expectAnswer(query: string, text: string): Promise<void> {
    await this.search(query);
    await this.expectRow(text);
    await this.page.keyboard.press("Escape");
  }

  /** Waits until the picker shows results with these names, best first, as far as there is room. */
  async expectNames(names: readonly string[]): Promise<RowText[]> {
    return this.expectRows((shown) => shown.length > 1 && shown.every(({ label }, i) => label === names[i]));
  }

  /** Opens the highlighted row, and waits until the editor has the keys. */
  async accept(): Promise<void> {
    await this.page.keyboard.press("Enter");
    await this.closed();
    await this.focused();
  }

  /** Waits until an editor has the keys. */
  private async focused(): Promise<void> {
    await this.page.locator(".editor-group-container.active .monaco-editor.focused").waitFor();
  }

  /** Waits for a notification, and returns its text. */
  async expectMessage(text: RegExp): Promise<string> {
    const message = this.page.locator(".notifications-toasts .notification-list-item-message").filter({ hasText: text }).first();
    await message.waitFor();
    return message.innerText();
  }

  /** Waits until the active editor has a name and the cursor a line. */
  async expectEditor(name: string, line?: number): Promise<void> {
    await this.page.locator(`.editor-group-container.active .tab.active[aria-label^="${name}"]`).waitFor();
    if (line !== undefined) {
      await this.page.locator('[id="status.editor.selection"]').filter({ hasText: `Ln ${line},` }).waitFor();
    }
  }

  /** The labels of the rows of a view. */
  async tree(view: string): Promise<string[]> {
    return this.page
      .locator(`[id="workbench.view.extension.semantic"] .pane:has(.pane-header[aria-label^="${view}"]) .monaco-list-row`)
      .evaluateAll((rows) =>
        rows
          .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
          .map((row) => (row.querySelector(".label-name")?.textContent ?? "").trim()),
      );
  }

  /** Waits until the rows of a view fit. */
  async expectTree(view: string, fits: (labels: readonly string[]) => boolean): Promise<string[]> {
    let labels: string[] = [];
    await this.eventually(
      async () => {
        labels = await this.tree(view);
        return fits(labels);
      },
      () => `the view ${view} shows ${JSON.stringify(labels)}`,
    );
    return labels;
  }

  /** A row of a view. */
  treeRow(label: string): Locator {
    return this.page.locator('[id="workbench.view.extension.semantic"] .monaco-list-row').filter({ has: this.page.locator(".label-name", { hasText: label }) }).first();
  }

  /** The text of the active editor, as far as it is visible. */
  async editorText(): Promise<string> {
    const lines = await this.page.locator(".editor-group-container.active .view-lines .view-line").allInnerTexts();
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /** Waits until the active editor shows a text. */
  async expectText(text: RegExp): Promise<void> {
    await this.eventually(async () => text.test(await this.editorText()), async () => `the editor shows\n${await this.editorText()}`);
  }

  /** Waits until some editor shows a text. */
  async expectVisible(text: RegExp): Promise<void> {
    const lines = this.page.locator(".editor-group-container .view-lines .view-line");
    await this.eventually(
      async () => text.test((await lines.allInnerTexts()).join("\n").replaceAll("\u00a0", " ")),
      () => `no editor shows ${text}`,
    );
  }

  /** Waits until the clipboard holds a text that fits, and returns it. */
  async copied(text: RegExp): Promise<string> {
    let copied = "";
    await this.eventually(
      async () => {
        copied = await this.page.evaluate(() => navigator.clipboard.readText());
        return text.test(copied);
      },
      () => `the clipboard holds ${copied}`,
    );
    return copied;
  }

  /** Waits until the browser has stored a text that the extension wants to be kept, which the editor does some time later. */
  async kept(text: string): Promise<void> {
    const stored = (wanted: string): Promise<boolean> =>
      new Promise((resolve, reject) => {
        void indexedDB.databases().then((all) => {
          let left = all.length;
          let found = false;
          const next = (): void => {
            if (--left <= 0) {
              resolve(found);
            }
          };
          for (const { name = "" } of all) {
            const opening = indexedDB.open(name);
            opening.onerror = () => { reject(new Error(`open ${name}`)); };
            opening.onsuccess = () => {
              const database = opening.result;
              const [table] = [...database.objectStoreNames].filter((each) => each === "ItemTable");
              const asked = table === undefined ? undefined : database.transaction(table).objectStore(table).getAll();
              const close = (): void => {
                found ||= JSON.stringify(asked?.result ?? []).includes(wanted);
                database.close();
                next();
              };
              if (asked) {
                asked.onsuccess = close;
              } else {
                close();
              }
            };
          }
        }, reject);
      });
    await this.eventually(() => this.page.evaluate(stored, text), () => `${text} is not stored`);
  }

  /** Takes a picture of the window, for the page of the extension. */
  async screenshot(name: string): Promise<void> {
    await this.picture(variable("SEMANTIC_SCREENSHOTS"), name);
  }

  /** Takes a picture of the window in which a test failed. */
  async failed(test: string): Promise<void> {
    await this.picture(variable("SEMANTIC_FAILURES"), test.replace(/\W+/gu, "-"));
  }

  private async picture(folder: string, name: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), animations: "disabled", caret: "hide" });
  }

  /** Leaves in order, so that the server ends. */
  async close(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.context().close();
  }
}

/** Reads a number from a file that a program writes, as soon as it is there. */
export function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
