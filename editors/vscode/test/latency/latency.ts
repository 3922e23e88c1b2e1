// How long a key press takes to show in the list, and what the extension costs at the start of the editor.

import { execFileSync } from "node:child_process";
import os from "node:os";
import path from "node:path";

import { Editor, type Window } from "../integration/harness";

/** Milliseconds between keys, again and again: from quick to a rest in which the code of the first result is shown. */
const paces = [160, 220, 300, 180, 400, 250, 700];

/** Milliseconds without a key before the search asks: the default of semantic.picker.delay. */
const debounce = 40;

const queries = ["read a line from a buffered reader", "parse an IPv6 address", "resize image", "json unmarshal lang:go", "escape html text"];

/** What the page notes: when a key went down, and when the list was done with it. */
interface Noted {
  readonly keys: number[];
  readonly lists: number[];
}

/** The page, with what is noted in it. */
type Page = typeof window & { noted: Noted };

const folder = process.argv[2] ?? path.join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
const editor = await Editor.start();
try {
  index(folder);
  await measure(await editor.open(folder));
} finally {
  await editor.stop(false);
}

async function measure(editorWindow: Window): Promise<void> {
  const functions = await indexed(editorWindow);
  await editorWindow.search("");
  await editorWindow.page.evaluate(observe);
  for (const query of queries) {
    await editorWindow.page.locator(".quick-input-widget:visible .quick-input-filter input").first().fill("");
    for (const [i, key] of query.split("").entries()) {
      await editorWindow.page.keyboard.press(key === " " ? "Space" : key);
      await new Promise((resolve) => setTimeout(resolve, paces[i % paces.length]));
    }
  }
  const noted = await editorWindow.page.evaluate(() => (window as Page).noted);
  const times = pair(noted);
  await editorWindow.page.keyboard.press("Escape");
  const at = (share: number): string => `${(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(0)} ms`;
  const load = os.loadavg()[0]?.toFixed(1) ?? "";
  console.log(`key press to refreshed list, less the ${debounce} ms of waiting for the next key, ${functions}; ${times.length} of ${noted.keys.length} keys answered before the next:`);
  console.log(`p50 ${at(0.5)}, p95 ${at(0.95)}, slowest ${at(1)} (${os.cpus().length} processors, load ${load})`);
  console.log(`activation: ${await activation(editorWindow)}`);
}

/** Builds the index that the editor's server will find. */
function index(root: string): void {
  execFileSync(editor.server, ["index", "--root", root], { env: { ...process.env, XDG_CACHE_HOME: path.join(editor.folder, "cache") }, stdio: "inherit" });
}

/** Waits for the index and returns how many functions it has. */
async function indexed(window: Window): Promise<string> {
  await window.expectStatus("Semantic");
  await window.command("Semantic: Show Status");
  await window.expectText(/[\d,]+ functions/u);
  const match = /[\d,]+ functions/u.exec(await window.editorText());
  await window.command("View: Close All Editors");
  return match?.[0] ?? "";
}

/** Notes times in the page: of the keys, and of the frames that show other rows. */
function observe(): void {
  const noted: Noted = { keys: [], lists: [] };
  (window as Page).noted = noted;
  window.addEventListener(
    "keydown",
    () => {
      noted.keys.push(performance.now());
    },
    { capture: true },
  );
  const rows = document.querySelector(".quick-input-widget .quick-input-list .monaco-list-rows");
  if (!rows) {
    throw new Error("the picker has no list");
  }
  let awaiting = false;
  new MutationObserver(() => {
    if (!awaiting) {
      awaiting = true;
      requestAnimationFrame(() => {
        awaiting = false;
        noted.lists.push(performance.now());
      });
    }
  }).observe(rows, { childList: true, subtree: true, characterData: true });
}

/**
 * The times from each key to the frame with the answer, less the debounce, shortest first. The first change of the rows
 * after a key is the editor's own, which draws the old ones anew; the second is the answer.
 */
function pair({ keys, lists }: Noted): number[] {
  const times: number[] = [];
  for (const [i, key] of keys.entries()) {
    const [, answered] = lists.filter((time) => time > key && time < (keys[i + 1] ?? Number.POSITIVE_INFINITY));
    if (answered !== undefined) {
      times.push(answered - key - debounce);
    }
  }
  return times.sort((a, b) => a - b);
}

/** What the editor measured of the extension's activation. */
async function activation(window: Window): Promise<string> {
  await window.command("Developer: Startup Performance");
  await window.expectText(/System Info/u);
  await window.page.keyboard.press("Control+a");
  await window.page.keyboard.press("Control+c");
  const report = await window.page.evaluate(() => navigator.clipboard.readText());
  const row = report.split("\n").find((line) => line.includes("semantic-lsp.semantic-code-search") && line.includes("|"));
  const [, , , load = "?", call = "?", finish = "?"] = (row ?? "").split("|").map((cell) => cell.trim());
  return `load ${load} ms, activate ${call} ms, finish ${finish} ms`;
}
