// What a person does on a good day.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import test, { after, before } from "node:test";

import { Editor, type Window, readNumber } from "./harness";
import { files } from "./workspace";

let editor: Editor;
let window: Window;
let root: string;
let failed = false;

/** A step in the one window of this file; the steps build on each other. */
function step(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    assert.equal(failed, false, "an earlier step failed");
    try {
      await run();
    } catch (error) {
      failed = true;
      await window.failed(name);
      throw error;
    }
  });
}

before(async () => {
  editor = await Editor.start();
  const pid = path.join(editor.folder, "pid");
  const server = editor.program("server.sh", `#!/bin/sh\n[ "$1" = --stdio ] && echo $$ >'${pid}'\nexec '${editor.server}' "$@"\n`);
  editor.configure({ "semantic.server.path": server }); // not in the folder, where it would be found
  root = editor.workspace("demo", files);
  window = await editor.open(root);
  await window.expectStatus("Semantic");
});

after(async () => {
  await editor.stop(failed);
});

/** Names that the command line finds, best first. */
function found(query: string): string[] {
  const json = execFileSync(editor.server, ["search", "--root", root, "--json", "--limit", "50", query], {
    encoding: "utf8",
    env: { ...process.env, XDG_CACHE_HOME: path.join(editor.folder, "cache") },
  });
  const { results } = JSON.parse(json) as { results: { name: string; owner: string; kind: string }[] };
  return results.map(({ name, owner, kind }) => (name === "" ? kind : owner === "" ? name : `${owner}.${name}`));
}

step("before anything is typed there are examples", async () => {
  await window.search("");
  await window.expectRow("retry a request with backoff");
  await window.page.keyboard.press("Escape");
});

step("results come as one types, in the order of the server", async () => {
  for (const query of ["wait longer after every failed attempt", "settings", "words"]) {
    await window.search("");
    await window.page.keyboard.type(query);
    const rows = await window.expectNames(found(query));
    assert.match(rows[0]?.description ?? "", /^\w+\/\w+\.\w+:\d+$/u);
    await window.page.keyboard.press("Escape");
  }
});

step("the highlighted result is shown behind the list, and Escape goes back", async () => {
  await window.search("load the settings from a JSON file");
  await window.expectRow("ReadConfig");
  await window.expectEditor("config.go");
  await window.screenshot("search");
  await window.page.keyboard.press("Escape");
  await window.page.locator(".tab").waitFor({ state: "detached" });
});

step("Enter opens a result, Alt+O opens it to the side", async () => {
  await window.search("count how often each word occurs");
  await window.expectRow("count_words");
  await window.accept();
  await window.expectEditor("words.py", 9);
  await window.search("twice as long after every failed attempt");
  await window.expectRow("WithBackoff");
  await window.page.keyboard.press("Alt+o");
  await window.page.locator(".editor-group-container").nth(1).waitFor();
  await window.expectEditor("retry.go", 13);
  await window.command("View: Close All Editors");
});

step("earlier queries are kept", async () => {
  await window.search("");
  const rows = await window.expectRow("twice as long after every failed attempt");
  assert.equal(rows[0]?.label, "twice as long after every failed attempt");
  await window.page.keyboard.press("Enter");
  await window.expectRow("WithBackoff");
  await window.page.keyboard.press("Escape");
});

step("operators complete", async () => {
  await window.search("words lang:py");
  await window.expectRow("python");
  await window.page.keyboard.press("Tab");
  await window.expectInput("words lang:python ");
  await window.expectRows((rows) => rows.length > 0 && rows.every(({ description }) => description.includes(".py:")));
  await window.page.keyboard.press("Escape");
});

step("unsaved text is found", async () => {
  await window.search("slug of a title");
  await window.expectRow("slugify");
  await window.accept();
  await window.expectEditor("words.py");
  await window.page.keyboard.press("Control+End");
  await window.page.keyboard.insertText("\n\ndef transpose(matrix):\n    return list(zip(*matrix))\n");
  await window.search("transpose a matrix");
  await window.expectRow("transpose");
  await window.page.keyboard.press("Escape");
  await window.command("File: Revert File");
  await window.command("View: Close All Editors");
});

step("a search is explained", async () => {
  await window.search("count how often each word occurs");
  await window.expectRow("count_words");
  await window.page.locator(".quick-input-widget .monaco-list-row.focused").hover();
  await window.page.locator('.quick-input-widget .monaco-list-row.focused [aria-label^="Explain Its Place"]').click();
  await window.expectVisible(/Why count_words has its place[\s\S]*place\s+1 of \d+/u);
  await window.command("View: Close All Editors");
  await window.search("count how often each word occurs"); // and by keys alone
  await window.expectRow("count_words");
  await window.page.keyboard.press("Alt+w");
  await window.expectVisible(/Why count_words has its place/u);
  await window.command("View: Close All Editors");
  await window.search("count how often each word occurs");
  await window.expectRow("count_words");
  await window.page.keyboard.press("Alt+l");
  await window.page.getByText("Code like count_words", { exact: true }).waitFor();
  await window.expectRow("word_frequency");
  await window.page.keyboard.press("Escape");
});

step("pinned results are grouped, listed, thinned out and read as text", async () => {
  await window.search("words");
  await window.expectRow("count_words");
  await window.page.keyboard.press("Alt+p");
  const grouped = await window.expectTree("Results", (labels) => labels.includes("words.py"));
  assert.ok(grouped.indexOf("words.py") < grouped.indexOf("count_words"), "results are not below their file");
  await window.treeRow("count_words").click();
  await window.expectEditor("words.py", 9);
  await window.expectStatus("Semantic");
  await window.screenshot("results");
  await window.command("Semantic: Show as List");
  await window.expectTree("Results", (labels) => labels.includes("slugify") && !labels.includes("words.py"));
  await window.treeRow("slugify").click();
  await window.expectEditor("words.py", 4);
  await window.treeRow("slugify").hover();
  await window.treeRow("slugify").locator('[aria-label^="Dismiss"]').click();
  await window.expectTree("Results", (labels) => !labels.includes("slugify") && labels.includes("count_words"));
  await window.command("Semantic: Copy All");
  const copied = await window.copied(/count_words/u);
  assert.match(copied, /^text\/words\.py:9: def count_words\(text\)/mu);
  assert.doesNotMatch(copied, /slugify/u);
  await window.command("Semantic: Open Results as Text");
  await window.expectText(/^words\n\d+ results in \d+ files?[\s\S]*text\/words\.py:9: def count_words/u);
  await window.command("Semantic: Group by File");
  await window.expectTree("Results", (labels) => labels.includes("words.py"));
  await window.command("Semantic: Open All");
  await window.expectEditor("words.py");
  await window.command("View: Close All Editors");
  await window.command("Semantic: Refine…");
  await window.expectRow("slugify");
  await window.page.keyboard.press("Escape");
  await window.command("Semantic: Clear Results");
  await window.expectTree("Results", (labels) => labels.length === 0);
});

step("code like that at the cursor, and code for a comment", async () => {
  await window.search("count how often each word occurs");
  await window.expectRow("count_words");
  await window.accept();
  await window.expectEditor("words.py", 9);
  await window.command("Semantic: Find Similar Code");
  await window.expectRow("word_frequency");
  await window.page.keyboard.press("Escape");
  await window.command("View: Close All Editors");
  await window.search('"load the settings"');
  await window.expectRow("session.ts");
  await window.accept();
  await window.expectEditor("session.ts");
  await window.page.keyboard.press("Control+End");
  await window.page.keyboard.press("ArrowUp");
  await window.page.keyboard.press("ArrowUp");
  await window.command("Semantic: Find Code for This Comment");
  await window.expectRow("ReadConfig");
  await window.page.keyboard.press("Escape");
  await window.command("View: Close All Editors");
});

step("duplicates", async () => {
  await window.command("Semantic: Find Duplicates");
  await window.expectTree("Duplicates", (labels) => labels.some((label) => label.includes("shorten")));
  await window.command("Semantic: Clear Duplicates");
});

step("the page with the map of all functions", async () => {
  // code-server has the browser open the port without the token, which other editors keep; so the address is copied.
  const opening = window.page.context().waitForEvent("page");
  await window.command("Semantic: Open Map in Browser");
  await (await opening).close();
  await window.expectMessage(/The map is open in the browser/u);
  await window.page.getByRole("button", { name: "Copy Address" }).click();
  const page = await window.page.context().newPage();
  await page.goto(await window.copied(/^http:\/\/127\.0\.0\.1:\d+\/\?token=/u));
  await page.getByRole("combobox").fill("retry with backoff");
  await page.getByText("WithBackoff").first().waitFor();
  await page.close();
});

step("pausing and resuming; what cannot work is not offered", async () => {
  assert.equal(await window.offers("Semantic: Resume Indexing"), false);
  await window.command("Semantic: Pause Indexing");
  await window.expectStatus("Semantic paused");
  assert.equal(await window.offers("Semantic: Pause Indexing"), false);
  await window.command("Semantic: Resume Indexing");
  await window.expectStatus("Semantic");
});

step("the menu, the status and the doctor", async () => {
  await window.status.click();
  await window.expectRow("Pause Indexing");
  await window.screenshot("menu");
  await window.page.keyboard.press("Escape");
  await window.command("Semantic: Show Status");
  await window.expectText(/Model: [\s\S]*demo ready/u);
  await window.command("Semantic: Run Doctor");
  await window.expectText(/build[\s\S]*model/u);
  await window.command("View: Close All Editors");
});

step("a server that is killed comes back, and the search with it", async () => {
  const pid = readNumber(path.join(editor.folder, "pid"));
  assert.ok(pid, "the server did not write its process id");
  process.kill(pid, "SIGKILL");
  await window.expectStatus(/Semantic Search: Semantic$/u);
  await window.eventually(
    () => Promise.resolve((readNumber(path.join(editor.folder, "pid")) ?? pid) !== pid),
    () => "the server was not started again",
  );
  await window.search("retry with backoff");
  await window.expectRow("WithBackoff");
  await window.page.keyboard.press("Escape");
});

step("an orderly end ends the server", async () => {
  const pid = readNumber(path.join(editor.folder, "pid"));
  assert.ok(pid);
  await window.expectStatus("Semantic");
  const { page } = window;
  await page.goto("about:blank");
  await window.eventually(
    () => Promise.resolve(!alive(pid)),
    () => `the server ${pid} still runs`,
  );
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
