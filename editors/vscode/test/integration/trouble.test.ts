// What a person sees on a bad day. Every case has a message of its own, and nothing hangs.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import test, { after, before } from "node:test";

import { Editor, type Window } from "./harness";
import { files } from "./workspace";

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

const answerInitialize = `
  let input = "";
  process.stdin.on("data", (data) => {
    input += data;
    const match = /"id":(\\d+),"method":"(initialize|shutdown)"/u.exec(input);
    if (match) {
      input = "";
      const result = { capabilities: { experimental: { semanticSearch: { version: 99 } } } };
      const answer = JSON.stringify({ jsonrpc: "2.0", id: Number(match[1]), result });
      process.stdout.write("Content-Length: " + answer.length + "\\r\\n\\r\\n" + answer);
    }
    if (input.includes('"exit"')) process.exit(0);
  });`;

trouble(
  "the server is missing",
  () => editor.workspace("missing", files, { "semantic.server.path": "no/such/lsp" }),
  async (window) => {
    await window.expectMessage(/The server \S*no\/such\/lsp, which the setting "semantic\.server\.path" names, does not exist/u);
    await window.expectStatus(/error|Semantic/u);
    await window.search("anything");
    await window.expectRow("This search did not work");
    await window.page.keyboard.press("Escape");
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
    assert.equal(await window.offers("Semantic: Find Duplicates"), false);
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
  () => editor.workspace("protocol", files, { "semantic.server.path": otherServer("protocol", answerInitialize) }),
  async (window) => {
    await window.expectMessage(/speaks protocol 99 and the extension protocol 1: update the extension/u);
    await window.search("anything");
    await window.expectRow("update the extension");
    await window.page.keyboard.press("Escape");
  },
);

trouble(
  "the server ends at once, again and again",
  () => editor.workspace("crash", files, { "semantic.server.path": otherServer("crash", "process.exit(3)") }),
  async (window) => {
    await window.search("anything");
    await window.expectRow("starting it again in");
    await window.page.keyboard.press("Escape");
    await window.expectMessage(/ended 6 times in a row \(status 3\) and is not started again/u);
    await window.search("anything");
    await window.expectRow("is not started again");
    await window.page.keyboard.press("Escape");
  },
);

trouble(
  "a folder without code",
  () => editor.workspace("empty", { ".gitignore": "*\n" }),
  async (window) => {
    await window.expectStatus("Semantic");
    await window.search("anything");
    await window.expectRow("There is no code to search here");
    await window.page.keyboard.press("Escape");
  },
);

trouble(
  "no folder",
  () => undefined,
  async (window) => {
    await window.search("anything");
    await window.expectRow("Open a folder to search its code");
    await window.page.keyboard.press("Escape");
    assert.equal(await window.offers("Semantic: Pause Indexing"), false);
  },
);

trouble(
  "queries that are odd, and a result whose file is gone",
  () => editor.workspace("odd", files),
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

    await window.search("kind:nonsense");
    await window.expectRow("This search did not work");
    await window.page.keyboard.press("Escape");

    await window.search("zqxj vwkp");
    await window.expectRows((rows) => rows.length > 0);
    await window.page.keyboard.press("Escape");

    await window.search("turn the words of a title into a slug");
    await window.expectRow("slugify");
    await window.page.keyboard.press("Alt+p");
    await window.expectTree("Results", (labels) => labels.includes("slugify"));
    rmSync(path.join(editor.folder, "workspaces", "odd", "text"), { recursive: true });
    await window.treeRow("slugify").click();
    await window.expectMessage(/words\.py was deleted since it was found/u);
  },
);
