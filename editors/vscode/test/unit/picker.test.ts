import assert from "node:assert/strict";
import test from "node:test";

import { mostKept, readHistory, remember } from "../../src/picker/history";
import { PickerState, complete, endsInOperator, firstResults, longestQuery, showsCompletions } from "../../src/picker/state";
import type { Status } from "../../src/protocol";
import { response, result, status } from "./fixtures";

function picker(given: { status?: Status; folders?: number; earlier?: readonly string[] } = {}): PickerState {
  return new PickerState(
    () => given.status,
    given.folders ?? 1,
    () => given.earlier ?? [],
  );
}

/** Types and returns the number of the question. */
function ask(state: PickerState, query: string): number {
  const sequence = state.typed(query);
  assert.ok(sequence !== undefined, "nothing is asked");
  return sequence;
}

function texts(state: PickerState): string[] {
  return state.rows().map((row) => {
    switch (row.kind) {
      case "result":
        return row.result.name;
      case "completion":
        return row.completion.text;
      case "earlier":
      case "example":
        return row.query;
      case "more":
        return `${row.count} more`;
      default:
        return row.text;
    }
  });
}

test("results keep the order of the server", () => {
  const state = picker();
  const results = ["Zip", "Copy", "Alpha"].map((name) => result({ name }));
  assert.ok(state.answered(ask(state, "copy"), response({ results })));
  assert.deepEqual(texts(state), ["Zip", "Copy", "Alpha"]);
  assert.equal(state.title(), "3 results");
});

test("of many results the first are shown, and all of them when somebody goes on, until the query changes", () => {
  const state = picker();
  const names = Array.from({ length: 50 }, (_, i) => `f${i}`);
  const answer = response({ results: names.map((name) => result({ name })) });
  state.answered(ask(state, "copy"), answer);
  assert.deepEqual(texts(state), [...names.slice(0, firstResults), `${50 - firstResults} more`]);
  assert.equal(state.title(), "50 results");
  state.showAll();
  assert.deepEqual(texts(state), names);
  state.answered(ask(state, "copy"), answer); // asked again since the index changed
  assert.deepEqual(texts(state), names);
  state.answered(ask(state, "copy a"), answer);
  assert.equal(texts(state).length, firstResults + 1);
  state.answered(ask(state, "copy b"), response({ results: answer.results.slice(0, firstResults + 1) }));
  assert.deepEqual(texts(state), names.slice(0, firstResults + 1)); // a row that stands for one result saves nothing
});

test("only the answer to the last question is shown, and the list stays until it comes", () => {
  const state = picker();
  const first = ask(state, "co");
  state.answered(first, response({ results: [result({ name: "First" })] }));
  const second = ask(state, "cop");
  const third = ask(state, "copy");
  assert.equal(state.busy, true);
  assert.deepEqual(texts(state), ["First"]);
  assert.equal(state.answered(second, response({ results: [result({ name: "Second" })] })), false);
  assert.equal(state.failed(second, "late"), false);
  assert.equal(state.completed(second, []), false);
  assert.deepEqual(texts(state), ["First"]);
  state.answered(third, response({ results: [result({ name: "Third" })] }));
  assert.deepEqual(texts(state), ["Third"]);
  assert.equal(state.busy, false);
});

test("an empty query shows earlier ones, else what to try, and how far the index is", () => {
  assert.deepEqual(texts(picker({ earlier: ["b", "a"] })), ["earlier searches", "b", "a"]);
  assert.equal(texts(picker())[0], "for example");
  const indexing = picker({ status: status({ state: "indexing", done: 3, total: 9 }) });
  const [hint] = indexing.rows();
  assert.ok(hint?.kind === "hint" && hint.detail.startsWith("indexing 3 of 9 files"));
  const state = picker();
  state.answered(ask(state, "x"), response({ results: [result()] }));
  assert.equal(state.typed("   "), undefined);
  assert.equal(texts(state)[0], "for example");
});

test("without a folder nothing is asked", () => {
  const state = picker({ folders: 0 });
  assert.equal(state.typed("copy"), undefined);
  assert.deepEqual(state.rows(), [{ kind: "hint", text: "Open a folder to search its code", detail: "There is no folder in this window.", action: "openFolder" }]);
});

test("what is said when nothing was found", () => {
  for (const [about, answer, text, detail] of [
    [status({ units: 0 }), response(), "There is no code to search here", /left out/u],
    [status({}), response({ message: "no good match" }), "Nothing found", /^no good match\. Describe/u],
    [status({ state: "indexing", done: 1, total: 2 }), response({ complete: false }), "Nothing found", /^indexing 1 of 2 files/u],
    [status({ state: "paused" }), response({ complete: false }), "Nothing found", /paused/u],
    [status({ state: "disabled", reason: "the setting enabled is off" }), response(), "Nothing found", /enabled is off/u],
    [undefined, response({ complete: false }), "Nothing found", /brought up to date/u],
  ] as const) {
    const state = picker(about ? { status: about } : {});
    state.answered(ask(state, "x"), answer);
    const [row] = state.rows();
    assert.ok(row?.kind === "hint");
    assert.equal(row.text, text);
    assert.match(row.detail, detail);
  }
});

test("an error is a row, and the next answer takes it away", () => {
  const state = picker();
  state.failed(ask(state, "kind:x"), "no such kind");
  const [row] = state.rows();
  assert.ok(row?.kind === "hint" && row.detail === "no such kind");
  state.answered(ask(state, "kind:method"), response({ results: [result()] }));
  assert.deepEqual(texts(state), ["Copy"]);
});

test("the title says what is wrong with the results", () => {
  const results = [result()];
  const shown = (answer: Partial<ReturnType<typeof response>>, about?: Status): string => {
    const state = picker(about ? { status: about } : {});
    state.answered(ask(state, "x"), response({ results, ...answer }));
    return state.title();
  };
  assert.equal(shown({}), "1 result");
  assert.match(shown({ class: "filters" }), /only operators/u);
  assert.match(shown({ complete: false }, status({ state: "indexing", done: 1, total: 2 })), /indexing 1 of 2/u);
  assert.equal(shown({ message: "lang: is ignored" }), "1 result · lang: is ignored");
});

test("a query of any length is cut to what is sent, and the title says so", () => {
  const state = picker();
  state.answered(ask(state, "x".repeat(10_000)), response({ results: [result()] }));
  assert.equal(state.query.length, longestQuery);
  assert.match(state.title(), /only the first 4,000 characters/u);
});

test("completions come first and replace their span", () => {
  const state = picker();
  const sequence = ask(state, "copy lang:g");
  const completion = { text: "go", start: 10, end: 11, final: true };
  state.answered(sequence, response({ results: [result()] }));
  state.completed(sequence, [completion]);
  assert.deepEqual(texts(state), ["go", "Copy"]);
  assert.equal(state.completion, completion);
  assert.equal(complete("copy lang:g", completion), "copy lang:go ");
  assert.equal(complete("copy la", { text: "lang:", start: 5, end: 7, final: false }), "copy lang:");
  ask(state, "copy lang:go x");
  assert.equal(state.completion, undefined);
});

test("when completions are asked for and when they are shown", () => {
  for (const [text, asked, shown] of [
    ["copy", true, false],
    ["copy la", true, false],
    ["copy lang:", true, true],
    ["-path:a/", true, true],
    ["(is:t", true, true],
    ["lang:go ", false, false],
    ["Copy", false, false],
    ["a.b", false, false],
  ] as const) {
    assert.equal(endsInOperator(text), asked, text);
    assert.equal(showsCompletions(text), shown, text);
  }
});

test("earlier queries", () => {
  assert.deepEqual(remember(["a", "b"], " b "), ["b", "a"]);
  assert.deepEqual(remember(["a"], "  "), ["a"]);
  const many = Array.from({ length: 50 }, (_, i) => `${i}`);
  assert.equal(remember(many, "new").length, mostKept);
  assert.deepEqual(readHistory(["a", 1, null, "b"]), ["a", "b"]);
  assert.deepEqual(readHistory({}), []);
  assert.deepEqual(readHistory(undefined), []);
});

test("an answer that lacks something is asked for again once the index has it, or when it is empty", () => {
  const indexing = status({ state: "indexing", done: 1, total: 9 });
  let now: Status | undefined = indexing;
  const state = new PickerState(
    () => now,
    1,
    () => [],
  );
  assert.equal(state.outdated(), false, "nothing is typed");
  const asked = ask(state, "copy");
  assert.equal(state.outdated(), false, "it is being asked");
  state.failed(asked, "the server ended");
  assert.equal(state.outdated(), true, "there was no answer");
  state.answered(ask(state, "copy"), response({ complete: false, results: [] }));
  assert.equal(state.outdated(), true, "it is empty");
  state.answered(ask(state, "copy"), response({ complete: false, results: [result({ name: "Copy" })] }));
  assert.equal(state.outdated(), false, "the list would change under the hands while the index is built");
  now = status({ state: "ready" });
  assert.equal(state.outdated(), true, "the index has all by now");
  state.answered(ask(state, "copy"), response({ results: [result({ name: "Copy" })] }));
  assert.equal(state.outdated(), false, "nothing is missing");
});
