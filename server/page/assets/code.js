// The code of one result.
import { $, ask, element, latest, place } from "./common.js";

export class Code {
  // onSimilar is told the result whose like is wanted, onClose that the code is closed.
  constructor({ onSimilar, onClose, question }) {
    Object.assign(this, { onClose, question, result: null });
    this.load = latest((signal, focus, stay) => this.fetch(signal, focus, stay));
    this.why = latest((signal) => this.explainNow(signal));
    $("similar").addEventListener("click", () => onSimilar(this.result));
    $("explain").addEventListener("click", () => this.toggleExplanation());
    $("close").addEventListener("click", () => this.close());
    $("copy").addEventListener("click", () => this.copy());
    $("whole").addEventListener("click", () => {
      $("whole").setAttribute("aria-pressed", String(!this.whole));
      this.load(true);
    });
  }

  get whole() { return $("whole").getAttribute("aria-pressed") === "true"; }

  get open() { return !$("code").hidden; }

  // show loads the code of a result: with focus, the lines get it.
  show(result, focus) {
    const same = this.result && this.open && this.result.path === result.path && this.result.root === result.root &&
      this.result.startLine === result.startLine;
    this.result = result;
    if (same && focus) {
      $("lines").focus();
      return;
    }
    if (!same) $("whole").setAttribute("aria-pressed", "false");
    $("code").hidden = false;
    $("views").classList.add("both");
    $("code-name").textContent = (result.owner ? result.owner + "." : "") + (result.name || result.kind);
    $("code-place").textContent = place(result.root, result.path, result.startLine);
    this.load(focus);
    if (!$("explanation").hidden) this.why();
  }

  // refresh loads the code again where it stands, since something has changed.
  refresh() { this.load(false, true); }

  close() {
    $("code").hidden = true;
    $("views").classList.remove("both");
    this.result = null;
    this.onClose();
  }

  async fetch(signal, focus, stay) {
    const r = this.result;
    const parameters = { root: r.root, path: r.path, line: r.startLine, end: r.endLine };
    if (this.whole) parameters.all = 1;
    let rows;
    try {
      rows = this.rows(await ask("code", parameters, signal));
    } catch (fault) {
      if (signal.aborted) throw fault;
      const text = /no such file|cannot find the file|not in the index/.test(fault.message)
        ? "This file is no longer there, or no longer indexed." : `The file cannot be shown: ${fault.message}.`;
      rows = [element("p", "note", text)];
    }
    if (signal.aborted) return;
    const { scrollTop } = $("lines");
    $("lines").replaceChildren(...rows);
    if (stay) {
      $("lines").scrollTop = scrollTop;
      return;
    }
    const first = $("lines").querySelector(".best, .unit");
    const unit = $("lines").querySelector(".unit");
    if (unit) {
      const best = first && first.offsetTop - unit.offsetTop > $("lines").clientHeight / 2 ? first : unit;
      $("lines").scrollTop = Math.max(0, best.offsetTop - 40);
    }
    if (focus) $("lines").focus();
  }

  rows(code) {
    const r = this.result;
    return code.lines.map((spans, i) => {
      const number = code.first + i;
      const inside = number >= r.startLine && number <= r.endLine;
      const best = r.bestLines && number >= r.bestLines.startLine && number <= r.bestLines.endLine;
      const text = element("span", "text", ...spans.map(([kind, part]) => (kind ? element("span", kind, part) : part)));
      const no = element("span", "no", String(number));
      no.setAttribute("aria-hidden", "true");
      return element("div", `row ${inside ? "unit" : "around"}${best ? " best" : ""}`, no, text);
    });
  }

  toggleExplanation() {
    const open = $("explanation").hidden;
    $("explanation").hidden = !open;
    $("explain").setAttribute("aria-expanded", String(open));
    if (open) this.why();
  }

  async explainNow(signal) {
    const query = this.question();
    let parts;
    try {
      const e = await ask("explain", { q: query, root: this.result.root, path: this.result.path, line: this.result.startLine }, signal);
      parts = explanation(e, query);
    } catch (fault) {
      if (signal.aborted) throw fault;
      parts = [element("p", "", fault.message)];
    }
    if (!signal.aborted) $("explanation").replaceChildren(...parts);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(`${this.result.path}:${this.result.startLine}`);
      $("copy").textContent = "Copied";
    } catch {
      $("copy").textContent = "Not allowed";
    }
    setTimeout(() => { $("copy").textContent = "Copy path"; }, 1500);
  }
}

// explanation shows what a score is made of.
function explanation(e, query) {
  if (!query) return [element("p", "", "There is no question; ask one to see how this code fares in it.")];
  const contributions = e.result.explanation ?? [];
  const place = e.rank > 0 ? `Rank ${e.rank} of ${e.of} candidates` : "Not among the candidates";
  const parts = [element("p", "", `${place} for a query of the class ${e.class}; words: ${e.words.join(", ") || "none"}.`)];
  if (e.excluded?.length) parts.push(element("p", "", `Left out by ${e.excluded.join(", ")}.`));
  const most = Math.max(...contributions.map((c) => Math.abs(c.value)), 1e-9);
  const body = element("tbody");
  for (const c of contributions) {
    const fill = element("i", c.value < 0 ? "less" : "");
    fill.style.width = `${(100 * Math.abs(c.value)) / most}%`;
    const head = element("th", "", c.name);
    head.scope = "row";
    body.append(element("tr", "", head, element("td", "", c.value.toFixed(3)), element("td", "graph", fill)));
  }
  if (contributions.length > 0) parts.push(element("table", "", body));
  return parts;
}
