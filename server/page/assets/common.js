// Small things that several parts of the page use.

export const $ = (id) => document.getElementById(id);

// element makes an element of a class with text or children. Text is never read as markup.
export function element(tag, className = "", ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

const numbers = new Intl.NumberFormat("en");
export const count = (n) => numbers.format(n ?? 0);
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
  for (const [size, unit] of [[2 ** 30, "GB"], [2 ** 20, "MB"], [2 ** 10, "kB"]]) {
    if (n >= size) return `${(n / size).toFixed(n >= 10 * size ? 0 : 1)} ${unit}`;
  }
  return `${n} bytes`;
}

let several = false; // folders are open

// openRoots is told how many folders are open.
export function openRoots(n) { several = n > 1; }

// place is a path and a line, after the name of the folder where there are several.
export function place(root, path, line) {
  return `${several ? root.replace(/^.*[/\\]/, "") + "/" : ""}${path}:${line}`;
}

// ask fetches the JSON of an answer. It throws an Error with the server's words, or an AbortError.
export async function ask(what, parameters = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) query.set(name, value);
  let response;
  try {
    response = await fetch(`/api/${what}?${query}`, { signal, credentials: "same-origin" });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Error("the program does not answer; is it still running?");
  }
  const answer = await response.json().catch(() => ({ error: `the program answered with status ${response.status}` }));
  if (!response.ok) throw new Error(answer.error);
  return { status: response.status, ...answer };
}

// latest makes a function that ends its former run when it is called again: it is given an AbortSignal.
export function latest(run) {
  let controller = new AbortController();
  return async (...values) => {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    try {
      return await run(signal, ...values);
    } catch (fault) {
      if (!signal.aborted) throw fault;
    }
  };
}

// Listbox is a list of options of which one is active, by arrow keys, clicks and aria-activedescendant. The element
// that has the focus is the list itself unless another is named.
export class Listbox {
  constructor(list, { owner = list, onActive = () => {}, onChoose = () => {} } = {}) {
    Object.assign(this, { list, owner, onActive, onChoose, active: -1 });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      this.activate([...list.children].indexOf(option));
      this.onChoose(this.active);
    });
    if (owner === list) list.addEventListener("keydown", (event) => this.key(event));
  }

  get length() { return this.list.children.length; }

  // fill replaces the options.
  fill(options) {
    for (const [i, option] of options.entries()) {
      option.id = `${this.list.id}-${i}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
    }
    this.list.replaceChildren(...options);
    this.active = -1;
    this.owner.removeAttribute("aria-activedescendant");
  }

  activate(i) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = i;
    const option = this.list.children[i];
    if (!option) {
      this.owner.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.owner.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
    this.onActive(i);
  }

  // key serves a key and reports whether it meant something to the list.
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.length === 0) return false;
    const last = this.length - 1;
    const page = 8;
    const to = {
      ArrowDown: Math.min(this.active + 1, last), ArrowUp: Math.max(this.active - 1, 0), Home: 0, End: last,
      PageDown: Math.min(this.active + page, last), PageUp: Math.max(this.active - page, 0),
    }[event.key];
    if (to !== undefined) {
      this.activate(to);
    } else if (event.key === "Enter" && this.active >= 0) {
      this.onChoose(this.active);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }
}
