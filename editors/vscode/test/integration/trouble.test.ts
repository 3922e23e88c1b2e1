// What a person sees on a bad day. Every case has a message of its own, and nothing hangs.

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { after, before } from "node:test";

import { Editor, type Window } from "./harness";
import { files, manyFiles } from "./workspace";

let editor: Editor;
let failed = false;

before(async () => {
  editor = await Editor.start();
});

after(async () => {
  await editor.stop(failed);
});

/** A case in a window of its own. */
function trouble(name: string, open: () => string | undefined, run: (window: Window) => Promise<void>): void {
  test(name, async () => {
    const window = await editor.open(open());
    try {
      await run(window);
    } catch (error) {
      failed = true;
      await window.failed(name);
      throw error;
    }
    await window.close();
  });
}

/** A server of another protocol, or one that never answers, which knows the rest. */
function otherServer(name: string, body: string): string {
  return editor.program(
    `${name}.cjs`,
    `#!${process.execPath}
if (process.argv[2] === "version") {
  console.log(JSON.stringify({ version: "v9", model: "other" }));
} else {
  ${body}
}
`,
  );
}

/** The body of a server that answers methods by functions of their parameters, which may send notifications. */
function answering(version: number, methods: string): string {
  return `
  const send = (message) => {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    process.stdout.write("Content-Length: " + Buffer.byteLength(text) + "\\r\\n\\r\\n" + text);
  };
  const methods = {
    initialize: () => ({ capabilities: { experimental: { semanticSearch: { version: ${version} } } } }),
    exit: () => process.exit(0),
    ${methods}
  };
  let input = Buffer.alloc(0);
  process.stdin.on("data", (data) => {
    input = Buffer.concat([input, data]);
    for (;;) {
      const body = input.indexOf("\\r\\n\\r\\n") + 4;
      const length = Number(/Content-Length: (\\d+)/u.exec(input.toString("latin1", 0, Math.max(0, body)))?.[1]);
      if (!(body + length <= input.length)) return;
      const { id, method, params } = JSON.parse(input.toString("utf8", body, body + length));
      input = input.subarray(body + length);
      const result = methods[method]?.(params);
      if (id !== undefined && method !== undefined) send({ id, result: result ?? null });
    }
  });`;
}

trouble(
  "the server is missing",
  () => editor.workspace("missing", files, { "semantic.server.path": "no/such/lsp" }),
  async (window) => {
    await window.expectMessage(/The server \S*no\/such\/lsp, which the setting "semantic\.server\.path" names, does not exist/u);
    await window.expectStatus(/error|Semantic/u);
    await window.expectAnswer("anything", "This search did not work");
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
    assert.equal(await window.offers("Semantic: Find Duplicates"), false);
    assert.equal(await window.offers("Semantic: Run Doctor"), false);
    assert.equal(await window.offers("Semantic: Choose Model…"), false);
  },
);

trouble(
  "settings are changed while the server runs",
  () => editor.workspace("settings", files, { "semantic.picker.limit": 50 }),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.configure({ "semantic.enabled": "off" });
    await window.expectStatus("Semantic off");
    await window.expectAnswer("retry with backoff", "this folder is not indexed (the setting enabled is off)");
    assert.equal(await window.offers("Semantic: Index Again"), false);
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
    const cache = path.join(editor.folder, "other-cache");
    await window.configure({ "semantic.cacheDir": cache }); // for which the server is started anew
    await window.eventually(
      () => Promise.resolve(existsSync(cache)),
      () => `nothing is in ${cache}`,
    );
    await window.expectStatus("Semantic");
    await window.expectAnswer("retry with backoff", "WithBackoff");
    await window.command("Semantic: Show Log");
    const log = window.page.locator(".panel .view-lines");
    await log.getByText("is version devel").first().waitFor();
    assert.doesNotMatch(await log.innerText(), /failed/u);
  },
);

trouble(
  "a huge folder is indexed when the person agrees, and Never is kept",
  () => editor.workspace("huge", files, { "semantic.index.askAboveFiles": 3 }),
  async (window) => {
    await window.expectMessage(/^huge has \d+ files .* Index them\?$/u);
    await window.answer("Never");
    await window.expectStatus("Semantic off");
    await window.expectAnswer("retry with backoff", "this folder is not indexed (indexing was declined; reindexing does it)");
    await window.page.reload();
    await window.expectStatus("Semantic off");
    assert.equal(await window.page.locator(".notifications-toasts .notification-list-item").count(), 0);
    await window.command("Semantic: Index Again");
    await window.expectStatus("Semantic");
    await window.expectAnswer("retry with backoff", "WithBackoff");
  },
);

trouble(
  "a model that is not installed is installed, and then used",
  () => {
    const root = editor.workspace("model", files);
    const list = [
      { name: "onnxruntime", bytes: 9e6, installed: false, pinned: true, about: "what models run on" },
      { name: "tiny", task: "embed", bytes: 2e6, installed: false, pinned: true, about: "a small one" },
      { name: "judge", task: "score", bytes: 2e6, installed: true, pinned: true, about: "no encoder" },
      { name: "elsewhere", task: "embed", bytes: 0, installed: false, pinned: false, about: "not to be downloaded" },
    ];
    const body = `
  if (process.argv[2] === "model") {
    if (process.argv[3] === "list") console.log(JSON.stringify(${JSON.stringify(list)}));
    else require("fs").writeFileSync(${JSON.stringify(`${root}/asked`)}, process.argv.slice(2).join(" "));
    process.exit(0);
  }
  ${answering(1, `"semantic/status": () => ({ model: "static", cacheDir: "/c", roots: [] }),`)}`;
    return editor.workspace("model", files, { "semantic.server.path": otherServer("model", body) });
  },
  async (window) => {
    await window.expectStatus("Semantic");
    await window.command("Semantic: Choose Model…");
    const rows = await window.expectRow("a small one — not installed, 11 MB");
    assert.deepEqual(
      rows.map(({ label }) => label),
      ["static", "tiny"],
    );
    await window.page.keyboard.press("ArrowDown");
    await window.page.keyboard.press("Enter");
    await window.page.locator(".monaco-dialog-box").getByText("onnxruntime and tiny will be downloaded, 11 MB").waitFor();
    await window.page.locator(".monaco-dialog-box").getByRole("button", { name: "Install" }).click();
    const settings = path.join(editor.folder, "data", "Machine", "settings.json");
    await window.eventually(
      () => Promise.resolve(existsSync(settings) && readFileSync(settings, "utf8").includes('"semantic.encoder": "tiny"')),
      () => `the model is not in ${settings}`,
    );
    assert.equal(readFileSync(path.join(editor.folder, "workspaces", "model", "asked"), "utf8"), "model install onnxruntime tiny");
    rmSync(settings); // it is that of the next windows too
  },
);

trouble(
  "several folders: paths say which, and kept results are there after a reload",
  () => editor.folders(editor.workspace("one", files), editor.workspace("two with ä space", { "text/words.py": files["text/words.py"] ?? "" })),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.search("turn the words of a title into a slug");
    const rows = await window.expectRow("slugify");
    assert.match(rows[0]?.description ?? "", /^(?:one|two with ä space)\/text\/words\.py:4$/u);
    await window.page.keyboard.press("Alt+p");
    await window.expectTree("Results", (labels) => labels.includes("slugify"));
    await window.kept("semantic.pinned");
    await window.page.reload();
    await window.expectStatus("Semantic");
    await window.command("View: Show Semantic Search");
    await window.expectTree("Results", (labels) => labels.includes("slugify"));
    await window.treeRow("slugify").click();
    await window.expectEditor("words.py", 4);
  },
);

trouble(
  "many files are opened at once: the best is in front and keeps the keys",
  () => editor.workspace("tabs", manyFiles(30)),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.search("kind:function read something from a file");
    const rows = await window.expectRow("from a file.");
    await window.page.keyboard.press("Alt+p");
    await window.expectTree("Results", (labels) => labels.length > 10);
    rmSync(path.join(editor.folder, "workspaces", "tabs", (rows[1]?.description ?? "").replace(/:\d+$/u, "")));
    await window.command("Semantic: Open All");
    await window.page.locator(".monaco-dialog-box").getByRole("button", { name: "Open" }).click();
    await window.expectMessage(/^1 file was deleted since found, or cannot be read: store\//u);
    const best = path.basename((rows[0]?.description ?? "").replace(/:\d+$/u, ""));
    await window.expectEditor(best);
    await window.page.keyboard.insertText("typed");
    await window.expectText(/typed/u);
    await window.page.locator(`.tab.active.dirty[aria-label^="${best}"]`).waitFor();
    assert.equal(await window.page.locator(".tab.dirty").count(), 1);
    assert.ok((await window.page.locator(".tab").count()) > 10);
    await window.command("File: Revert File");
  },
);

trouble(
  "the server is another program",
  () => editor.workspace("other", files, { "semantic.server.path": "/bin/echo" }),
  async (window) => {
    await window.expectMessage(/\/bin\/echo is another program or a broken server/u);
  },
);

trouble(
  "the server speaks another protocol",
  () => editor.workspace("protocol", files, { "semantic.server.path": otherServer("protocol", answering(99, "")) }),
  async (window) => {
    await window.expectMessage(/speaks protocol 99 and the extension protocol 1: update the extension/u);
    await window.expectAnswer("anything", "update the extension");
  },
);

trouble(
  "the server ends at once, again and again",
  () => editor.workspace("crash", files, { "semantic.server.path": otherServer("crash", "process.exit(3)") }),
  async (window) => {
    await window.expectAnswer("anything", "starting it again in");
    await window.expectMessage(/ended 6 times in a row \(status 3\) and is not started again/u);
    await window.expectAnswer("anything", "is not started again");
  },
);

trouble(
  "the server never answers",
  () => editor.workspace("silent", files, { "semantic.server.path": otherServer("silent", "process.stdin.resume();") }),
  async (window) => {
    await window.expectAnswer("anything", "the server has not answered for 10 s");
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
    assert.equal(await window.offers("Semantic: Restart Server"), true);
  },
);

trouble(
  "the index is being built, and done at last",
  () => {
    const root = editor.workspace("building", files);
    const status = (more: object): string =>
      `({ model: "static", cacheDir: "/c", roots: [{ path: ${JSON.stringify(root)}, units: 3, functions: 3, ${JSON.stringify(more).slice(1, -1)} }] })`;
    const found = {
      path: "retry/retry.go",
      startLine: 12,
      endLine: 13,
      name: "WithBackoff",
      owner: "",
      kind: "function",
      language: "go",
      signature: "",
      documentation: "",
      score: 1,
      confidence: "likely",
      location: { uri: `file://${root}/retry/retry.go`, range: { start: { line: 11, character: 0 }, end: { line: 12, character: 0 } } },
      nameRange: { start: { line: 12, character: 5 }, end: { line: 12, character: 16 } },
    };
    const server = otherServer(
      "building",
      answering(
        1,
        `"semantic/status": () => ${status({ state: "indexing", done: 12, total: 100 })},
        "semantic/search": () => {
          const done = require("fs").existsSync(${JSON.stringify(`${root}/done`)});
          return { results: done ? [${JSON.stringify(found)}] : [], complete: done, tookMs: 1, class: "sentence" };
        },
        "workspace/didChangeWatchedFiles": () => send({ method: "semantic/statusChanged", params: ${status({ state: "ready" })} }),
        initialized: () => send({ id: "watch", method: "client/registerCapability", params: { registrations: [
          { id: "watch", method: "workspace/didChangeWatchedFiles", registerOptions: { watchers: [{ globPattern: "**" }] } } ] } }),`,
      ),
    );
    return editor.workspace("building", files, { "semantic.server.path": server });
  },
  async (window) => {
    await window.expectStatus("Semantic 12 of 100");
    await window.search("");
    await window.expectRow("indexing 12 of 100 files, results may be missing");
    await window.page.keyboard.insertText("retry with backoff");
    await window.expectRow("Nothing found");
    await window.expectRow("indexing 12 of 100 files, results may be missing");
    writeFileSync(path.join(editor.folder, "workspaces", "building", "done"), "");
    await window.expectRow("WithBackoff");
    await window.page.keyboard.press("Escape");
  },
);

trouble(
  "the folder of the indexes cannot be written",
  () => editor.workspace("readonly", files, { "semantic.cacheDir": "/dev/null/cache" }),
  async (window) => {
    await window.expectStatus("Semantic degraded");
    await window.command("Semantic: Show Status");
    await window.expectText(/nothing can be written to \/dev\/null\/cache/u);
    await window.expectAnswer("retry with backoff", "WithBackoff");
  },
);

trouble(
  "more results than there is room for: the keys reach all of them",
  () => editor.workspace("many", manyFiles(30)),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.search("read something from a file");
    await window.expectRow("from a file.");
    for (let i = 1; i < 30; i++) {
      await window.page.keyboard.press("ArrowDown");
      const row = window.page.locator(`.quick-input-widget .monaco-list-row.focused[data-index="${i}"]`);
      await row.filter({ hasNotText: "more results" }).waitFor(); // that row makes room for the results that it stands for
    }
    await window.page.keyboard.press("Escape");
  },
);

trouble(
  "a folder without code",
  () => editor.workspace("empty", { ".gitignore": "*\n" }),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.expectAnswer("anything", "There is no code to search here");
  },
);

trouble(
  "no folder",
  () => undefined,
  async (window) => {
    await window.expectAnswer("anything", "Open a folder to search its code");
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
  },
);

trouble(
  "queries that are odd, and a result whose file has changed or is gone",
  () => editor.workspace("odd", files, { "semantic.picker.preview": false }),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.search("");
    await window.page.keyboard.insertText("retry with backoff ".repeat(527));
    await window.expectRow("WithBackoff");
    await window.page.getByText("only the first 4,000 characters are searched for").waitFor();
    await window.page.keyboard.press("Escape");

    await window.search("lang:python kind:function");
    await window.expectRow("slugify");
    await window.page.getByText("only operators: everything that fits, not ranked").waitFor();
    await window.page.keyboard.press("Escape");

    await window.expectAnswer("kind:nonsense", "This search did not work");

    await window.search("zqxj vwkp");
    await window.expectRows((rows) => rows.length > 0);
    await window.page.keyboard.press("Escape");

    await window.search("turn the words of a title into a slug");
    await window.expectRow("slugify");
    await window.page.keyboard.press("Alt+p");
    await window.expectTree("Results", (labels) => labels.includes("slugify"));
    const folder = path.join(editor.folder, "workspaces", "odd", "text");
    writeFileSync(path.join(folder, "words.py"), `${"\n".repeat(30)}def slugify(title):\n    return title\n`);
    await window.treeRow("slugify").click();
    await window.expectEditor("words.py", 31);
    await window.command("View: Close All Editors");
    rmSync(folder, { recursive: true });
    await window.treeRow("slugify").click();
    await window.expectMessage(/words\.py was deleted since it was found/u);

    await window.search("load the settings from a JSON file");
    await window.expectRow("ReadConfig");
    await window.page.keyboard.press("Alt+p");
    await window.expectTree("Results", (labels) => labels.includes("ReadConfig"));
    writeFileSync(path.join(editor.folder, "workspaces", "odd", "retry", "config.go"), "package retry\n");
    await window.treeRow("ReadConfig").click();
    await window.expectEditor("config.go", 2);
    await window.expectMessage(/config\.go has changed since, and ReadConfig is not in it any more/u);
  },
);
