// Records what the extension sends in a session, for the tests of the server: its TestReplay plays it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { Editor, type Window } from "../integration/harness";
import { files } from "../integration/workspace";

/** A message of the protocol, as far as recording looks at it. */
interface Message {
  id?: unknown;
  method?: string;
  params?: { processId?: unknown };
  result?: unknown;
  error?: unknown;
}

const [target] = process.argv.slice(2);
assert.ok(target, "the file to write is not named");
const editor = await Editor.start();
try {
  const sent = path.join(editor.folder, "sent");
  const script = `#!/bin/sh\n[ "$1" = --stdio ] || exec '${editor.server}' "$@"\ntee '${sent}' | '${editor.server}' "$@" | tee '${sent}.answers'\n`;
  const root = editor.workspace("demo", files, { "semantic.server.path": editor.program("recorder.sh", script) });
  const window = await editor.open(root);
  await session(window);
  await window.page.goto("about:blank");
  await window.eventually(
    () => Promise.resolve(messages(sent).some(({ method }) => method === "exit")),
    () => "the server was not ended",
  );
  writeFileSync(target, transcript(root, messages(sent), messages(`${sent}.answers`)));
} finally {
  await editor.stop(false);
}

/** What a person does: opens a file, changes it, searches, and uses what else there is. */
async function session(window: Window): Promise<void> {
  const { page } = window;
  await window.expectStatus("Semantic");
  await window.search("retry with backoff");
  await window.expectRow("WithBackoff");
  await window.accept();
  await window.command("Semantic: Find Similar Code");
  await window.expectRow("Forever");
  await page.keyboard.press("Escape");
  await window.closed();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("\n// GiveUp ends all attempts at once.\nfunc GiveUp() {}\n");
  await window.search("");
  for (const key of ["e", "n", "d"]) {
    await page.keyboard.press(key);
  }
  await page.keyboard.insertText(" all attempts lang:go ");
  await window.expectRow("GiveUp");
  await window.accept();
  await window.command("File: Save");
  await window.command("Semantic: Find Duplicates");
  await window.expectTree("Duplicates", (labels) => labels.some((label) => label.includes("shorten")));
  await window.command("Semantic: Pause Indexing");
  await window.expectStatus("Semantic paused");
  await window.command("Semantic: Resume Indexing");
  await window.expectStatus("Semantic");
  await window.command("Semantic: Show Status");
  await window.expectText(/demo ready/u);
  await window.search("count how often each word occurs");
  await window.expectRow("count_words");
  await page.locator(".quick-input-widget .monaco-list-row.focused").hover();
  await page.locator('.quick-input-widget .monaco-list-row.focused [aria-label^="Explain Its Place"]').click();
  await window.expectVisible(/Why count_words has its place/u);
}

/** The messages of one direction; the last may be cut off. */
function messages(file: string): Message[] {
  const data = readFileSync(file);
  const found: Message[] = [];
  for (let at = 0; ; ) {
    const body = data.indexOf("\r\n\r\n", at) + 4;
    const length = Number(/Content-Length: (\d+)/u.exec(data.toString("latin1", at, Math.max(at, body)))?.[1]);
    if (!(body + length <= data.length)) {
      return found;
    }
    found.push(JSON.parse(data.toString("utf8", body, body + length)) as Message);
    at = body + length;
  }
}

/** The archive that server/replay_test.go describes, without the answers, which are written there. */
function transcript(root: string, sent: readonly Message[], answers: readonly Message[]): string {
  const asked = new Map(answers.filter(({ id, method }) => id !== undefined && method !== undefined).map(({ id, method }) => [id, method]));
  const lines = sent.map(({ id, method, params, result, error }) => {
    if (method === "initialize" && params) {
      params.processId = null;
    }
    const answered = method === undefined ? { method: asked.get(id) } : id;
    return JSON.stringify({ client: { id: answered, method, params, result, error } })
      .replaceAll(pathToFileURL(root).href, "{rootURI}")
      .replaceAll(root, "{root}");
  });
  const parts = Object.entries(files).map(([name, text]) => `-- workspace/${name} --\n${text}`);
  return `A session of VS Code, recorded by npm run transcript in editors/vscode.\n${parts.join("")}-- session.jsonl --\n${lines.join("\n")}\n`;
}
