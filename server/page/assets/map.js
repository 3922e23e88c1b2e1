// The map: all functions in a plane, near each other when alike.
import { $, Listbox, ask, count, element, place } from "./common.js";
import { Grid, painter } from "./plane.js";

const inList = 200; // functions that the list shows
const closest = 40; // times the fitted size: how near one can look

export class FunctionMap {
  // onOpen is told the function that is chosen, as a result; focus says whether the code is to have the focus.
  constructor({ onOpen }) {
    Object.assign(this, { onOpen, hits: [], cursor: -1, opened: -1, only: -1, size: 0, view: { x: 0.5, y: 0.5, scale: 1 }, extent: { x: 0.5, y: 0.5, width: 1, height: 1 } });
    this.marks = $("marks");
    this.painter = painter($("points"));
    this.list = new Listbox($("in-view"), { onActive: (i) => this.point(this.listed[i], false), onChoose: (i) => this.choose(this.listed[i]) });
    new ResizeObserver(() => this.resize()).observe($("map"));
    this.buttons();
    this.pointer();
    this.marks.addEventListener("keydown", (event) => this.key(event));
    this.marks.addEventListener("focus", () => { if (this.cursor < 0 && this.size > 0 && this.marks.matches(":focus-visible")) this.point(this.central(), true); });
    this.marks.addEventListener("blur", () => this.redraw());
    this.restyle();
    this.resize();
  }

  buttons() {
    $("zoom-in").addEventListener("click", () => this.zoom(1.6));
    $("zoom-out").addEventListener("click", () => this.zoom(1 / 1.6));
    $("zoom-all").addEventListener("click", () => this.all());
    $("list-toggle").addEventListener("click", () => {
      const open = $("in-view").hidden;
      $("in-view").hidden = !open;
      $("list-toggle").setAttribute("aria-expanded", String(open));
      if (!open) return;
      this.fillList();
      $("in-view").focus();
      if (this.list.length > 0) this.list.activate(0);
    });
    $("in-view").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      $("list-toggle").click();
      $("list-toggle").focus();
    });
  }

  // load fetches the map. It takes a while when it is not made yet; the program says how far it is.
  async load() {
    if (this.loading) return;
    this.loading = true;
    try {
      for (;;) {
        const answer = await ask("map");
        if (answer.status === 202) continue;
        this.set(answer);
        return;
      }
    } catch (fault) {
      this.say(`There is no map: ${fault.message}.`);
    } finally {
      this.loading = false;
    }
  }

  // say tells how far the map is, or offers to draw it again.
  say(text, action = null) {
    if ($("map-state").textContent === text + (action ? "Draw again" : "")) return;
    $("map-state").replaceChildren(text);
    if (!action) return;
    const button = element("button", "", "Draw again");
    button.type = "button";
    button.addEventListener("click", action);
    $("map-state").append(button);
  }

  set(data) {
    const n = data.file.length;
    const former = this.size;
    this.data = data;
    this.size = n;
    this.points = { at: new Float32Array(2 * n), group: new Uint8Array(n), state: new Uint8Array(n) };
    this.index = new Map();
    for (let i = 0; i < n; i++) {
      const file = data.files[data.file[i]];
      this.points.at[2 * i] = data.x[i] / 65535;
      this.points.at[2 * i + 1] = data.y[i] / 65535;
      this.points.group[i] = file.group;
      this.index.set(`${data.roots[file.root]}\0${file.path}\0${data.line[i]}`, i);
    }
    this.grid = new Grid(this.points.at);
    this.cursor = this.opened = this.only = -1;
    this.measure();
    this.peaks = data.groups.map((_, g) => this.peak(g)); // where their labels stand
    this.painter.set(this.points);
    this.legend();
    if (n === 0) this.say("There are no functions to show.");
    else this.say(data.of > n ? `${count(n)} of ${count(data.of)} functions, an even sample` : "");
    if (former === 0) this.all();
    this.light(this.hits);
  }

  // peak returns where the functions of a group are densest.
  peak(g) {
    const side = 40;
    const cells = new Float32Array(side * side);
    const total = new Float32Array(side * side);
    const { at, group } = this.points;
    for (let i = 0; i < this.size; i++) {
      const x = Math.min(side - 1, Math.floor(at[2 * i] * side));
      const y = Math.min(side - 1, Math.floor(at[2 * i + 1] * side));
      total[y * side + x]++;
      if (group[i] === g) cells[y * side + x]++;
    }
    let best = 0;
    let weight = -1;
    for (let c = 0; c < cells.length; c++) {
      const w = (cells[c] * cells[c]) / (total[c] + 20); // many, and few others
      if (w > weight) [best, weight] = [c, w];
    }
    return { x: ((best % side) + 0.5) / side, y: (Math.floor(best / side) + 0.5) / side };
  }

  legend() {
    $("legend").replaceChildren(...this.data.groups.map((g, i) => {
      const dot = element("i");
      dot.style.background = `var(--g${this.colourOf(i)})`;
      const button = element("button", "", dot, element("span", "label", g.label), element("span", "count", count(g.count)));
      button.type = "button";
      button.title = g.label;
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        this.only = this.only === i ? -1 : i;
        for (const [j, b] of $("legend").querySelectorAll("button").entries()) b.setAttribute("aria-pressed", String(j === this.only));
        this.light(this.hits);
      });
      return element("li", "", button);
    }));
  }

  colourOf(g) { return this.data.groups[g].other ? 9 : g; }

  // restyle reads the colours of the theme.
  restyle() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.palette = Array.from({ length: 10 }, (_, g) => rgb(colour(`--g${g}`)));
    this.ink = { text: colour("--ink"), quiet: colour("--quiet"), accent: colour("--accent"), ground: colour("--ground"), font: colour("--mono") };
    this.redraw();
  }

  // light marks the functions among the results of a search; everything else steps back.
  light(results) {
    this.hits = results;
    if (!this.points) return;
    const { state, group } = this.points;
    this.lit = [];
    for (const r of results) {
      const i = this.find(r);
      if (i >= 0) this.lit.push({ i, score: r.score });
    }
    const others = this.lit.length > 0 ? 1 : 0;
    for (let i = 0; i < this.size; i++) state[i] = this.only >= 0 && group[i] !== this.only ? 1 : others;
    for (const { i } of this.lit) state[i] = 2;
    this.painter.states();
    this.redraw();
  }

  find(result) { return this.index?.get(`${result.root}\0${result.path}\0${result.startLine}`) ?? -1; }

  // show marks the function that is opened, and brings it into view.
  show(result) {
    this.opened = result ? this.find(result) : -1;
    if (this.opened >= 0 && !this.inside(this.opened, 30)) {
      this.view.x = this.points.at[2 * this.opened];
      this.view.y = this.points.at[2 * this.opened + 1];
    }
    this.redraw();
  }

  inside(i, margin) {
    const [x, y] = this.at(i);
    return x > margin && y > margin && x < this.width - margin && y < this.height - margin;
  }

  // at returns where a function is drawn, in CSS pixels.
  at(i) { return this.place(this.points.at[2 * i], this.points.at[2 * i + 1]); }

  place(x, y) { return [(x - this.view.x) * this.view.scale + this.width / 2, (y - this.view.y) * this.view.scale + this.height / 2]; }

  where(px, py) { return [(px - this.width / 2) / this.view.scale + this.view.x, (py - this.height / 2) / this.view.scale + this.view.y]; }

  resize() {
    const { clientWidth, clientHeight } = $("map");
    const fitted = this.width && Math.abs(this.view.scale - this.fit()) < 1;
    const ratio = devicePixelRatio || 1;
    Object.assign(this, { width: clientWidth, height: clientHeight, ratio });
    for (const canvas of [$("points"), this.marks]) {
      canvas.width = Math.max(1, Math.round(clientWidth * ratio));
      canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    }
    if (fitted || !this.width) this.all();
    this.redraw();
  }

  // fit is the scale at which everything is in view.
  fit() { return 0.94 * Math.min(this.width / this.extent.width, this.height / this.extent.height); }

  all() {
    this.view = { x: this.extent.x, y: this.extent.y, scale: this.fit() };
    this.redraw();
  }

  // measure finds the middle and the size of where nearly all functions are.
  measure() {
    const side = (first) => {
      const sorted = new Float32Array(this.size);
      for (let i = 0; i < this.size; i++) sorted[i] = this.points.at[2 * i + first];
      sorted.sort();
      const [low, high] = [sorted[Math.floor(0.002 * (this.size - 1))], sorted[Math.ceil(0.998 * (this.size - 1))]];
      return [(low + high) / 2, Math.max(0.05, high - low)];
    };
    if (this.size === 0) return;
    const [[x, width], [y, height]] = [side(0), side(1)];
    this.extent = { x, y, width, height };
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.where(px, py);
    const scale = Math.min(closest * this.fit(), Math.max(0.5 * this.fit(), this.view.scale * factor));
    this.view = { scale, x: x - (px - this.width / 2) / scale, y: y - (py - this.height / 2) / scale };
    this.redraw();
  }

  pan(dx, dy) {
    this.view.x = Math.min(1, Math.max(0, this.view.x - dx / this.view.scale));
    this.view.y = Math.min(1, Math.max(0, this.view.y - dy / this.view.scale));
    this.redraw();
  }

  pointer() {
    const down = new Map(); // pointers by number
    let moved = false;
    const local = (event) => {
      const box = this.marks.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.marks.addEventListener("pointerdown", (event) => {
      down.set(event.pointerId, local(event));
      moved = false;
      this.marks.setPointerCapture(event.pointerId);
    });
    this.marks.addEventListener("pointermove", (event) => {
      const [x, y] = local(event);
      const before = down.get(event.pointerId);
      if (!before) return this.point(this.under(x, y), false, [x, y]);
      if (!moved && Math.hypot(x - before[0], y - before[1]) < 4) return;
      moved = true;
      this.marks.classList.add("dragging");
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const far = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
        this.zoom(far([x, y]) / far(before), (x + other[0]) / 2, (y + other[1]) / 2);
      } else {
        this.pan(x - before[0], y - before[1]);
      }
      down.set(event.pointerId, [x, y]);
    });
    const up = (event) => {
      if (!down.delete(event.pointerId)) return;
      this.marks.classList.remove("dragging");
      if (!moved && event.type === "pointerup") this.choose(this.under(...local(event)), false);
    };
    this.marks.addEventListener("pointerup", up);
    this.marks.addEventListener("pointercancel", up);
    this.marks.addEventListener("pointerleave", () => this.point(-1, false));
    this.marks.addEventListener("wheel", (event) => {
      event.preventDefault();
      const step = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
      this.zoom(Math.exp(-Math.max(-120, Math.min(120, step)) / 300), ...local(event));
    }, { passive: false });
  }

  under(px, py) {
    if (!this.grid) return -1;
    return this.grid.nearest(...this.where(px, py), 10 / this.view.scale);
  }

  // point marks a function as the one that is looked at. Spoken, its name is announced to screen readers.
  point(i, spoken) {
    if (i === this.cursor && !spoken) return;
    this.cursor = i;
    this.marks.style.cursor = i >= 0 ? "pointer" : "";
    if (i >= 0) {
      if (!this.inside(i, 0)) this.pan(...[[this.width / 2, this.height / 2], this.at(i)].reduce((a, b) => [a[0] - b[0], a[1] - b[1]]));
      $("hover").replaceChildren(element("b", "", this.name(i)), element("span", "", this.path(i)));
      if (spoken) $("spoken").textContent = `${this.name(i)}, ${this.path(i)}`;
    }
    this.redraw();
  }

  name(i) { return (this.data.owner[i] ? this.data.owner[i] + "." : "") + this.data.name[i]; }

  path(i) {
    const { root, path } = this.data.files[this.data.file[i]];
    return place(this.data.roots[root], path, this.data.line[i]);
  }

  choose(i, focus = true) {
    if (i === undefined || i < 0) return;
    const { data } = this;
    const file = data.files[data.file[i]];
    this.onOpen({
      root: data.roots[file.root], path: file.path, name: data.name[i], owner: data.owner[i], startLine: data.line[i], endLine: data.end[i],
    }, focus);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.size === 0) return;
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const direction = directions[event.key];
    if (direction && event.shiftKey) this.pan(-60 * direction[0], -60 * direction[1]);
    else if (direction) this.point(this.cursor < 0 ? this.central() : this.next(direction), true);
    else if (event.key === "+" || event.key === "=") this.zoom(1.6, ...this.focusPlace());
    else if (event.key === "-") this.zoom(1 / 1.6, ...this.focusPlace());
    else if (event.key === "0") this.all();
    else if (event.key === "Enter" || event.key === " ") this.choose(this.cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focusPlace() { return this.cursor >= 0 ? this.at(this.cursor) : [this.width / 2, this.height / 2]; }

  // central returns the function nearest to the middle of the view, a result of the search if there is one.
  central() {
    let best = -1;
    let far = Infinity;
    const among = this.lit?.length ? this.lit.map((h) => h.i) : this.points.group.keys();
    for (const i of among) {
      const d = (this.points.at[2 * i] - this.view.x) ** 2 + (this.points.at[2 * i + 1] - this.view.y) ** 2;
      if (d < far) [best, far] = [i, d];
    }
    return best;
  }

  // next returns the nearest function in a direction, among the results while a search lights some up.
  next([dx, dy]) {
    const { at } = this.points;
    const [x, y] = [at[2 * this.cursor], at[2 * this.cursor + 1]];
    const least = 2 / this.view.scale; // pixels: closer ones cannot be told apart
    let best = this.cursor;
    let far = Infinity;
    const among = this.lit?.length > 1 ? this.lit.map((h) => h.i) : this.points.group.keys();
    for (const i of among) {
      const [ox, oy] = [at[2 * i] - x, at[2 * i + 1] - y];
      const along = ox * dx + oy * dy;
      const aside = Math.abs(ox * dy) + Math.abs(oy * dx);
      if (along < least || aside > 1.5 * along) continue;
      const d = along + 2 * aside;
      if (d < far) [best, far] = [i, d];
    }
    return best;
  }

  fillList() {
    this.listed = [];
    if (this.size > 0) {
      const [left, top] = this.where(0, 0);
      const [right, bottom] = this.where(this.width, this.height);
      this.grid.within(left, top, right, bottom, (i) => { if (this.inside(i, 0)) this.listed.push(i); });
    }
    const lit = new Map((this.lit ?? []).map((h) => [h.i, h.score]));
    const far = (i) => (this.points.at[2 * i] - this.view.x) ** 2 + (this.points.at[2 * i + 1] - this.view.y) ** 2;
    this.listed.sort((a, b) => (lit.get(b) ?? 0) - (lit.get(a) ?? 0) || far(a) - far(b));
    this.listed.length = Math.min(this.listed.length, inList);
    this.list.fill(this.listed.map((i) => element("li", "", element("span", "name", this.name(i)), element("span", "where", element("bdi", "", this.path(i))))));
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const zoomed = this.view.scale / this.fit();
    const crowd = Math.max(0.6, Math.min(4, Math.sqrt(20000 / Math.max(1, this.size))));
    const size = Math.min(11, 1.9 * crowd * Math.pow(zoomed, 0.42)) * this.ratio;
    const colours = this.palette.map((c, g) => (this.data && g < this.data.groups.length ? this.palette[this.colourOf(g)] : c));
    this.painter.draw({ ...this.view, scale: this.view.scale * this.ratio }, size, colours);
    const c = this.marks.getContext("2d");
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    if (!this.points) return;
    const corner = $("map").getBoundingClientRect();
    this.taken = [$("legend"), $("map").querySelector(".tools")].map((e) => { // nothing is written behind these
      const box = e.getBoundingClientRect();
      return { left: box.left - corner.left, right: box.right - corner.left, top: box.top - corner.top, bottom: box.bottom - corner.top };
    });
    this.drawHits(c);
    this.drawNames(c);
    this.drawFolders(c, zoomed);
    this.drawCursor(c);
  }

  drawHits(c) {
    for (const { i, score } of this.lit ?? []) {
      const [x, y] = this.at(i);
      const glow = c.createRadialGradient(x, y, 0, x, y, 34);
      glow.addColorStop(0, alpha(this.ink.accent, 0.03 + 0.07 * score));
      glow.addColorStop(1, alpha(this.ink.accent, 0));
      c.fillStyle = glow;
      c.fillRect(x - 34, y - 34, 68, 68);
    }
    for (const { i } of (this.lit ?? []).slice(0, 12)) this.label(c, i, this.ink.text, "600 ");
  }

  // drawNames names the functions when few are in view.
  drawNames(c) {
    const most = 350;
    const seen = [];
    const [left, top] = this.where(0, 0);
    const [right, bottom] = this.where(this.width, this.height);
    this.grid.within(left, top, right, bottom, (i) => {
      if (this.inside(i, 0)) seen.push(i);
      return seen.length <= most;
    });
    if (seen.length > most) return;
    for (const i of seen) this.label(c, i, this.points.state[i] === 1 ? this.ink.quiet : this.ink.text);
  }

  // label writes the name of a function beside it, on the side that has room, where nothing is written yet.
  label(c, i, colour, weight = "") {
    const [x, y] = this.at(i);
    if (x < -50 || y < 0 || x > this.width || y > this.height) return;
    c.font = `${weight}11px ${this.ink.font}`;
    const name = this.data.name[i];
    const gap = i === this.opened ? 14 : 8; // outside of the ring around it
    const width = c.measureText(name).width;
    const left = x + gap + width > this.width && x - gap - width > 0 ? x - gap - width : x + gap;
    this.write(c, name, left, y + 4, colour, 11);
  }

  write(c, text, x, y, colour, height) {
    const box = { left: x - 2, top: y - height, right: x + c.measureText(text).width + 2, bottom: y + 3 };
    if (this.taken.some((t) => box.left < t.right && box.right > t.left && box.top < t.bottom && box.bottom > t.top)) return;
    this.taken.push(box);
    c.lineWidth = 3;
    c.lineJoin = "round";
    c.strokeStyle = alpha(this.ink.ground, 0.85);
    c.strokeText(text, x, y);
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  drawFolders(c, zoomed) {
    if (zoomed > 6) return;
    c.font = `600 12px ${this.ink.font}`;
    for (const [g, { label, other }] of this.data.groups.entries()) {
      if (other || (this.only >= 0 && this.only !== g)) continue;
      const [x, y] = this.place(this.peaks[g].x, this.peaks[g].y);
      const width = c.measureText(label).width;
      const left = Math.max(6, Math.min(x - width / 2, this.width - width - 6));
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      this.write(c, label, left, y, this.lit?.length ? this.ink.quiet : this.ink.text, 12);
    }
  }

  drawCursor(c) {
    const ring = (i, radius, colour, width) => {
      const [x, y] = this.at(i);
      c.beginPath();
      c.arc(x, y, radius, 0, 2 * Math.PI);
      c.lineWidth = width;
      c.strokeStyle = colour;
      c.stroke();
    };
    if (this.opened >= 0) ring(this.opened, 9, this.ink.accent, 2.5);
    const hover = $("hover");
    hover.hidden = this.cursor < 0;
    if (this.cursor < 0) return;
    ring(this.cursor, 7, this.ink.text, 1.5);
    const [x, y] = this.at(this.cursor);
    const left = Math.max(4, Math.min(x + 12, this.width - hover.offsetWidth - 6));
    const top = y + 14 + hover.offsetHeight > this.height ? y - 14 - hover.offsetHeight : y + 14;
    hover.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [((n >> 16) & 255) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}

function alpha(hex, a) {
  const full = hex.length === 4 ? "#" + [...hex.slice(1)].map((d) => d + d).join("") : hex;
  return `rgb(${rgb(full).map((x) => Math.round(255 * x)).join(" ")} / ${a})`;
}
