import assert from "node:assert/strict";
import test from "node:test";

import { describe } from "../../src/errors";
import { barPicture, bestLine, count, detail, icon, place, shorten, textBar, title, whereNow, withRoots } from "../../src/format";
import type { RootStatus } from "../../src/protocol";
import { statusText } from "../../src/status/text";
import { explanation } from "../../src/views/explanation";
import { ResultSet, asText, line, readSet } from "../../src/views/model";
import { result, status } from "./fixtures";

test("results on one line", () => {
  assert.equal(title(result({ owner: "Client", name: "Do" })), "Client.Do");
  assert.equal(title(result({ name: "", kind: "window" })), "window");
  assert.equal(place(result()), "io/io.go:10");
  assert.equal(line(result()), "io/io.go:10: func Copy(dst Writer, src Reader) (int64, error)");
  assert.equal(line(result({ signature: "" })), "io/io.go:10: Copy");
  assert.equal(icon("method"), "symbol-method");
  assert.equal(icon("something new"), "symbol-misc");
});

test("a name is looked for where its line has gone to", () => {
  const at = (text: string, name: string, line: number, character = 4) => whereNow((n) => text.split("\n")[n], name, { line, character });
  assert.deepEqual(at("a\ndef copy(x):\n", "copy", 1), { line: 1, character: 4 });
  assert.deepEqual(at("copying = 1\n# new\n\ndef copy(x):\n  copy(x)", "copy", 1), { line: 3, character: 4 });
  assert.deepEqual(at("  copy(x)\n\n\n\n", "copy", 3), { line: 0, character: 2 });
  assert.deepEqual(at("a\nb\n", "says hello", 1), { line: 1, character: 4 }); // a name that is not written so
  assert.deepEqual(at("a\nb", "", 1), { line: 1, character: 4 });
  assert.deepEqual(at("a\noperator+(b)", "operator+", 7), { line: 1, character: 0 });
  assert.equal(at("a\nb", "copy", 7), undefined);
  assert.equal(at("a\nb", "", 7), undefined);
});

test("where several roots are open, paths begin with their names", () => {
  const answer = { results: [{ ...result(), root: "/w/one" }, { ...result(), root: "C:\\w\\two" }, result()], complete: true };
  assert.deepEqual(
    withRoots(answer).results.map(({ path }) => path),
    ["one/io/io.go", "two/io/io.go", "io/io.go"],
  );
  const [root] = withRoots(status({ path: "/w" })).roots;
  assert.equal(root?.path, "/w");
});

test("a set is kept, and what is none is not read", () => {
  const kept = readSet(JSON.parse(JSON.stringify({ title: "copy", results: [result()], refinable: true })));
  assert.deepEqual([kept?.title, kept?.refinable, kept?.results], ["copy", true, [result()]]);
  for (const other of [undefined, null, 3, {}, { title: "a", results: [{}] }, { title: "a", results: [null] }, { results: [] }]) {
    assert.equal(readSet(other), undefined);
  }
});

test("the best line is that of the words, else the beginning of the documentation", () => {
  assert.equal(bestLine(result({ bestLines: { startLine: 1, endLine: 2, text: "\tbuf  := make()" } })), "buf := make()");
  assert.equal(bestLine(result()), "Copy copies from src to dst.");
  const same = result({ bestLines: { startLine: 1, endLine: 1, text: result().signature } });
  assert.equal(bestLine(same), "Copy copies from src to dst.");
  assert.equal(detail(result({ signature: "", documentation: "" })), "");
  assert.equal(detail(result({ signature: "f()", documentation: "Does.", duplicates: 2 })), "f()  ·  Does.  ·  and 2 with the same text");
  assert.equal(shorten("a\n  b", 10), "a b");
  assert.equal(shorten("abcdef", 4), "abc…");
});

test("score bars", () => {
  assert.equal(textBar(1), "████████");
  assert.equal(textBar(0.5), "████░░░░");
  for (const odd of [-1, Number.NaN, Number.NEGATIVE_INFINITY]) {
    assert.equal(textBar(odd), "░░░░░░░░");
  }
  assert.equal(textBar(7), "████████");
  assert.ok(barPicture(0).startsWith("data:image/svg+xml;base64,"));
  assert.notEqual(barPicture(0.2), barPicture(0.9));
});

test("numbers and errors", () => {
  assert.equal(count(1, "file"), "1 file");
  assert.equal(count(1200, "entry", "entries"), "1,200 entries");
  assert.equal(describe(new Error("x")), "x");
  assert.equal(describe("x".repeat(1000)).length, 401);
});

test("a set by file, files in the order of their best result", () => {
  const results = [result({ path: "b.go", name: "B1" }), result({ path: "a.go", name: "A" }), result({ path: "b.go", name: "B2", line: 40 })];
  const set = new ResultSet("q", results, true);
  assert.deepEqual(
    set.groups().map(({ path, results: found }) => [path, found.map(({ name }) => name)]),
    [
      ["b.go", ["B1", "B2"]],
      ["a.go", ["A"]],
    ],
  );
  assert.equal(set.summary(), "3 results in 2 files");
  set.dismiss([results[0] ?? result()]);
  set.dismiss([result()]); // not of this set
  assert.deepEqual(
    set.results.map(({ name }) => name),
    ["A", "B2"],
  );
  assert.equal(set.groups()[0]?.path, "a.go");
});

test("a set as text, with links", () => {
  const { text, links } = asText(new ResultSet("copy", [result(), result({ documentation: "", line: 30 })], true));
  const lines = text.split("\n");
  assert.equal(lines[0], "copy");
  for (const link of links) {
    assert.equal(lines[link.line]?.slice(0, link.length), place(link.result));
  }
  assert.equal(links.length, 2);
  assert.ok(lines.every((each) => each === each.trimEnd()));
});

test("an explanation puts the result beside the best", () => {
  const here = result({ name: "Here", score: 0.5, explanation: [{ name: "meaning", value: 0.25 }, { name: "tests", value: -0.5 }] });
  const best = result({ name: "Best", line: 50, explanation: [{ name: "meaning", value: 0.75 }, { name: "name", value: 0.125 }] });
  const { text, links } = explanation("copy", { class: "keywords", words: ["copy"], rank: 3, of: 40, result: here, best, excluded: ["-is:test"] });
  assert.match(text, /place {10}3 of 40/u);
  assert.match(text, /left out by {4}-is:test/u);
  assert.match(text, / {3}0\.250 {4}0\.750 {2}meaning\n {2}-0\.500 {8}– {2}tests\n {7}– {4}0\.125 {2}name/u);
  assert.equal(links.length, 2);
  const alone = explanation("copy", { class: "keywords", words: null, rank: 0, of: 0, result: best, best });
  assert.match(alone.text, /none among 0/u);
  assert.doesNotMatch(alone.text, /The best result:/u);
});

test("the status item", () => {
  const running = (...roots: readonly Partial<RootStatus>[]) => statusText({ kind: "running", status: status(...roots) }, true);
  for (const [shown, text, severity, canPause, canResume, canReindex = canPause || canResume] of [
    [statusText({ kind: "idle" }, true), "$(telescope)", "none", false, false],
    [statusText({ kind: "starting" }, true), "$(loading~spin) Semantic", "none", false, false],
    [statusText({ kind: "waiting", message: "it ended" }, true), "$(warning) Semantic", "warning", false, false],
    [statusText({ kind: "failed", message: "missing", setup: true }, true), "$(error) Semantic", "error", false, false],
    [statusText({ kind: "running", status: undefined }, true), "$(telescope) Semantic", "none", false, false],
    [running({}), "$(telescope) Semantic", "none", true, false],
    [running(), "$(telescope) Semantic", "none", false, false],
    [running({ state: "indexing", done: 3, total: 8 }, { state: "indexing", done: 1, total: 2 }), "$(sync~spin) Semantic 4 of 10", "none", true, false],
    [statusText({ kind: "running", status: status({ state: "indexing", done: 3, total: 8 }) }, false), "$(sync~spin) Semantic", "none", true, false],
    [running({ state: "paused" }), "$(debug-pause) Semantic paused", "none", false, true],
    [running({ state: "degraded", reason: "disk full" }), "$(warning) Semantic degraded", "warning", true, false],
    [statusText({ kind: "running", status: { ...status({}), degraded: "no model" } }, true), "$(warning) Semantic degraded", "warning", true, false],
    [running({ state: "disabled", reason: "off" }), "$(circle-slash) Semantic off", "none", false, false],
    [running({ state: "disabled", reason: "declined", declined: true }), "$(circle-slash) Semantic off", "none", false, false, true],
  ] as const) {
    assert.deepEqual([shown.text, shown.severity, shown.canPause, shown.canResume, shown.canReindex], [text, severity, canPause, canResume, canReindex]);
    assert.ok(shown.tooltip.length > 0);
  }
  const tooltip = running({ state: "degraded", reason: "disk *full*", path: "/w_x", skipped: { ignored: 2, "too large": 5 } }).tooltip.join("\n");
  assert.match(tooltip, /\*\*\/w\\_x\*\* degraded: disk \\\*full\\\*/u);
  assert.match(tooltip, /Left out: 5 too large, 2 ignored/u);
});
