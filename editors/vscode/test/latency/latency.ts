// How long a key press takes to show in the list, how often it changes the first row, and what the extension costs at the
// start of the editor.

import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { Editor, type Window } from "../integration/harness";

/** Milliseconds between keys, again and again: from quick to a rest in which the code of the first result is shown. */
const paces = [160, 220, 300, 180, 400, 250, 700];

/** Milliseconds without a key before the search asks: the default of semantic.picker.delay. */
const debounce = 40;

const queries = ["read a line from a buffered reader", "parse an IPv6 address", "resize image", "json unmarshal lang:go", "escape html text"];

/** What the page notes: when a key went down and after which text, and when the list was done with it and what stood first. */
interface Noted {
  readonly keys: { readonly time: number; readonly key: string; readonly before: string }[];
  readonly lists: { readonly time: number; readonly first: string }[];
}

/** The page, with what is noted in it. */
type Page = typeof window & { noted: Noted };

const editor = await Editor.start();
try {
  const folder = process.argv[2] ?? library();
  index(folder);
  await measure(await editor.open(folder));
} finally {
  await editor.stop(false);
}

/** A copy of Go's standard library without its commands: some 55,000 functions. */
function library(): string {
  const source = path.join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
  const copy = path.join(editor.folder, "library");
  cpSync(source, copy, { recursive: true, filter: (file) => file !== path.join(source, "cmd") });
  return copy;
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
  const { changed, keys } = steadiness(noted);
  console.log(`first row changed by ${changed} of ${keys} keys that continue a word`);
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
    ({ key, target }) => {
      noted.keys.push({ time: performance.now(), key, before: target instanceof HTMLInputElement ? target.value : "" });
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
        noted.lists.push({ time: performance.now(), first: rows.querySelector('[data-index="0"] .quick-input-list-label')?.textContent ?? "" });
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
    const [, answered] = between(lists, key, keys[i + 1]);
    if (answered !== undefined) {
      times.push(answered.time - key.time - debounce);
    }
  }
  return times.sort((a, b) => a - b);
}

function between<T extends { readonly time: number }>(noted: readonly T[], from: { time: number }, to?: { time: number }): T[] {
  return noted.filter(({ time }) => time > from.time && time < (to?.time ?? Number.POSITIVE_INFINITY));
}

/** How many of the keys that continue a word, and were answered as the one before was, put another row first. */
function steadiness({ keys, lists }: Noted): { changed: number; keys: number } {
  let changed = 0;
  let continuing = 0;
  let previous: string | undefined;
  for (const [i, key] of keys.entries()) {
    const shown = between(lists, key, keys[i + 1]).at(-1)?.first;
    if (/\S$/u.test(key.before) && key.key !== " " && previous !== undefined && shown !== undefined) {
      continuing++;
      changed += previous === shown ? 0 : 1;
    }
    previous = shown;
  }
  return { changed, keys: continuing };
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
