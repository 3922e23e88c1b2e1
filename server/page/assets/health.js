// How the index is doing.
import { $, bytes, count, element, plural } from "./common.js";

const words = { ready: "Ready", indexing: "Indexing", paused: "Paused", degraded: "Degraded", disabled: "Not indexed", gone: "Not running" };
const order = ["ready", "paused", "disabled", "degraded", "indexing"]; // the last one that a root has is the state of all

export class Health {
  // onStatus is told every status.
  constructor({ onStatus }) {
    const events = new EventSource("/api/events");
    events.addEventListener("status", (event) => {
      const status = JSON.parse(event.data);
      this.show(status);
      onStatus(status);
    });
    events.addEventListener("error", () => this.chip("gone", "Not running"));
  }

  show(status) {
    const roots = status.roots ?? [];
    const state = order.findLast((s) => roots.some((r) => r.state === s)) ?? "disabled";
    const sum = (member) => roots.reduce((n, r) => n + (r[member] ?? 0), 0);
    let text = words[state];
    if (state === "indexing" && sum("total") > 0) text += ` ${count(sum("done"))} of ${count(sum("total"))} files`;
    else text += ` · ${plural(sum("functions"), "function")}`;
    this.chip(state, text);
    $("health").replaceChildren(...roots.map((r) => this.root(r)), this.program(status));
  }

  chip(state, text) {
    $("state").dataset.state = state;
    $("state").querySelector(".words").textContent = text;
  }

  root(r) {
    const lamp = element("span", "lamp");
    const head = element("h2", "", lamp, r.path);
    head.dataset.state = r.state;
    const parts = [head];
    const reason = r.reason || r.problem;
    if (reason) parts.push(element("p", "", reason));
    if (r.state === "indexing" && r.total > 0) {
      const bar = element("progress");
      bar.max = r.total;
      bar.value = r.done;
      bar.setAttribute("aria-label", "Files indexed");
      parts.push(bar);
    }
    const skipped = Object.entries(r.skipped ?? {}).sort((a, b) => b[1] - a[1]);
    parts.push(list([
      ["State", words[r.state]],
      ["Files", count(r.files)],
      ["Units, functions", `${count(r.units)}, ${count(r.functions)}`],
      ["Vectors", `${count(r.vectors)} by ${r.engine || "scan"}`],
      ["Unsaved buffers", r.buffers ? count(r.buffers) : ""],
      ["Changes to take in", r.pending ? count(r.pending) : ""],
      ["Files with syntax errors", r.damaged ? count(r.damaged) : ""],
      ["Files without a grammar", r.fallback ? count(r.fallback) : ""],
      ["On disk", `${bytes(r.diskBytes ?? 0)} in ${plural(r.segments ?? 0, "segment")}`],
      ["Compared with the disk", r.reconciled ? new Date(r.reconciled).toLocaleString() : ""],
      ["Commit", (r.head ?? "").slice(0, 12)],
      ["This process", r.writer ? "writes the index" : "follows another process"],
      ["Rebuilt", r.rebuilt],
      ...skipped.map(([why, n]) => [`Left out: ${why}`, count(n)]),
    ]));
    return element("section", "", ...parts);
  }

  program(status) {
    const parts = [element("h2", "", "Program")];
    if (status.degraded) parts.push(element("p", "", status.degraded));
    parts.push(list([
      ["Version", status.version], ["Model", status.model], ["Memory", bytes(status.memory)],
      ["Watching", status.watching], ["Indexes", status.cacheDir],
    ]));
    return element("section", "", ...parts);
  }
}

// list makes a description list of the pairs that have a value.
function list(pairs) {
  const dl = element("dl");
  for (const [name, value] of pairs) {
    if (value) dl.append(element("dt", "", name), element("dd", "", String(value)));
  }
  return dl;
}
