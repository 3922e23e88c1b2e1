// The question, the completion of its operators, and the results.
import { $, Listbox, ask, count, element, latest, place, plural } from "./common.js";

const limit = 40;
const pause = 90; // ms without a key before the question is asked
const examples = ["read a configuration file", "retry with backoff", "parse a date kind:function", "where are permissions checked"];

export class Search {
  // onResults is told the results, and whether the question is the same as before; onActive the one that is looked at, onChoose the one that is opened.
  constructor({ onResults, onActive, onChoose }) {
    Object.assign(this, { onResults, onActive, results: [], query: "" });
    this.input = $("query");
    this.list = new Listbox($("results"), {
      onActive: (i) => onActive(this.results[i]),
      onChoose: (i) => onChoose(this.results[i]),
    });
    this.completions = new Listbox($("completions"), { owner: this.input, onChoose: (i) => this.accept(i) });
    this.search = latest((signal, keep) => this.run(signal, keep));
    this.complete = latest((signal, all) => this.propose(signal, all));
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.closeCompletions());
    $("completions").addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    $("results").addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp" && this.list.active === 0 && event.target === $("results") && this.atTop) this.input.focus();
      this.atTop = this.list.active === 0;
    });
    $("examples").replaceChildren(...examples.map((text) => this.proposal(text, () => this.ask(text))));
    this.showOperators();
  }

  proposal(text, choose) {
    const button = element("button", "", text);
    button.type = "button";
    button.addEventListener("click", choose);
    return element("li", "", button);
  }

  async showOperators() {
    const { items } = await ask("complete", { q: "", cursor: 0 });
    $("operators").replaceChildren(...items.map((item) => {
      const line = this.proposal(item.text, () => {
        this.input.value = `${this.input.value} ${item.text}`.trimStart();
        this.input.focus();
        this.typed();
      });
      line.append(element("span", "", item.detail ?? ""));
      return line;
    }));
  }

  // ask puts a question.
  ask(text) {
    this.input.value = text;
    this.input.focus();
    this.typed(0);
  }

  typed(wait = pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(false), wait);
    this.complete(false);
  }

  key(event) {
    const open = !$("completions").hidden;
    if (open && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey && this.completions.active >= 0) {
      event.preventDefault();
      this.accept(this.completions.active);
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.closeCompletions();
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      this.completions.key(event);
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.complete(true);
    } else if ((event.key === "ArrowDown" || event.key === "Enter") && this.results.length > 0) {
      event.preventDefault();
      $("results").focus();
      this.list.activate(Math.max(this.list.active, 0));
      this.atTop = true;
      if (event.key === "Enter") this.list.onChoose(this.list.active);
    } else if (event.key === "Escape" && this.input.value) {
      event.preventDefault();
      this.ask("");
    }
  }

  // propose shows how the word at the cursor can go on; of an empty word only when asked.
  async propose(signal, all) {
    const { value, selectionStart: cursor } = this.input;
    if (!all && !/\S$/.test(value.slice(0, cursor))) return this.closeCompletions();
    const { items } = await ask("complete", { q: value, cursor }, signal);
    if (signal.aborted || document.activeElement !== this.input) return;
    const fresh = items.filter((item) => value.slice(item.start, item.end) !== item.text);
    this.items = fresh;
    this.completions.fill(fresh.map((item) => element("li", "", element("span", "what", item.text), element("span", "detail", item.detail ?? ""))));
    this.input.setAttribute("aria-expanded", String(fresh.length > 0));
    $("completions").hidden = fresh.length === 0;
  }

  accept(i) {
    const item = this.items[i];
    const { value } = this.input;
    const text = item.text + (item.final ? " " : "");
    this.input.value = value.slice(0, item.start) + text + value.slice(item.end).trimStart();
    this.input.setSelectionRange(item.start + text.length, item.start + text.length);
    this.typed();
  }

  closeCompletions() {
    $("completions").hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.completions.fill([]);
  }

  // run asks the question; keep leaves the active result what it is, as when the index has changed.
  async run(signal, keep) {
    const query = this.input.value.trim();
    const url = new URL(location.href);
    query ? url.searchParams.set("q", query) : url.searchParams.delete("q");
    history.replaceState(null, "", url);
    this.query = query;
    if (!query) return this.clear();
    try {
      const answer = await ask("search", { q: query, limit }, signal);
      if (!signal.aborted) this.show(answer, keep);
    } catch (fault) {
      if (signal.aborted) throw fault;
      this.fail(fault);
    }
  }

  // similar shows what resembles a result.
  async similar(result) {
    const answer = await ask("similar", { root: result.root, path: result.path, line: result.startLine });
    this.show(answer, false, `like ${result.name || result.path}`);
    $("results").focus();
  }

  clear() {
    this.results = [];
    this.list.fill([]);
    this.showFilters([]);
    $("results").hidden = true;
    $("welcome").hidden = false;
    this.say("");
    this.onResults([]);
  }

  // fail tells what is wrong. The former results stay: most often an operator is just being typed.
  fail(fault) { this.say(fault.message, true); }

  show(answer, keep, what = "") {
    const before = this.results[this.list.active];
    this.results = answer.results;
    this.list.fill(answer.results.map((result) => this.option(result)));
    $("results").hidden = answer.results.length === 0;
    $("welcome").hidden = true;
    this.showFilters(answer.filters);
    const parts = [];
    if (answer.results.length > 0) parts.push(`${plural(answer.results.length, "result")}${what ? " " + what : ""}`, `${Math.max(1, Math.round(answer.tookMs))} ms`);
    if (answer.message) parts.push(sentence(answer.message));
    if (!answer.complete) parts.push("Not everything is indexed yet");
    this.say(parts.join(" · "));
    this.onResults(answer.results, keep);
    const same = keep && before ? this.results.findIndex((r) => r.path === before.path && r.root === before.root && r.name === before.name) : -1;
    if (same >= 0) {
      const { onActive } = this.list; // what is shown stays
      this.list.onActive = () => {};
      this.list.activate(same);
      this.list.onActive = onActive;
    } else if (!keep && this.results.length > 0) {
      this.list.activate(0);
    }
  }

  say(text, fault = false) {
    $("summary").textContent = text;
    $("summary").classList.toggle("fault", fault);
  }

  showFilters(filters) {
    $("filters").hidden = filters.length === 0;
    $("filters").replaceChildren(...filters.map((f) => {
      const line = this.proposal(f.text, () => {
        const { value } = this.input;
        const lead = value.length - value.trimStart().length;
        this.ask((value.slice(0, f.start + lead) + value.slice(f.end + lead)).replace(/\s+/g, " ").trim());
      });
      line.firstChild.setAttribute("aria-label", `Remove the filter ${f.text}`);
      return line;
    }));
  }

  option(r) {
    const name = element("span", "name");
    if (r.owner) name.append(element("span", "owner", r.owner + "."));
    name.append(r.name || r.kind);
    const fill = element("i");
    fill.style.width = `${Math.round(100 * Math.min(1, Math.max(0, r.score)))}%`;
    const bar = element("span", "bar", fill);
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", `score ${Math.round(100 * r.score)} of 100`);
    const option = element("li", "",
      element("div", "first", name, element("span", `sure ${r.confidence}`, r.confidence), bar),
      element("div", "where", element("bdi", "", place(r.root, r.path, r.startLine))));
    const says = firstSentence(r.documentation) || (r.signature !== r.name ? r.signature : "");
    if (says) option.append(element("div", "says", says));
    if (r.duplicates) option.append(element("div", "where", `and ${count(r.duplicates)} with the same text`));
    return option;
  }
}

function sentence(text) { return text.charAt(0).toUpperCase() + text.slice(1); }

function firstSentence(text) {
  const flat = (text ?? "").replace(/\s+/g, " ").trim();
  const end = flat.search(/[.!?](\s|$)/);
  return end >= 0 ? flat.slice(0, end + 1) : flat.slice(0, 240);
}
