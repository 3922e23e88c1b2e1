// The parts of the page, put together.
import { $, openRoots } from "./common.js";
import { Code } from "./code.js";
import { Health } from "./health.js";
import { FunctionMap } from "./map.js";
import { Search } from "./search.js";

const map = new FunctionMap({ onOpen: (result, focus) => open(result, focus) });
const code = new Code({
  question: () => search.query,
  onSimilar: (result) => search.similar(result),
  onClose: () => map.show(null),
});
const search = new Search({
  onResults: (results, keep) => {
    map.light(results);
    if (results.length === 0 && !keep) code.close();
  },
  onActive: (result) => open(result, false),
  onChoose: (result) => open(result, true),
});

function open(result, focus) {
  code.show(result, focus);
  map.show(result);
}

// Theme: that of the system, or the other one when the person has said so.
const system = matchMedia("(prefers-color-scheme: dark)");
const themes = ["auto", "light", "dark"];

function applyTheme() {
  const chosen = themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto";
  document.documentElement.dataset.theme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
  $("theme").textContent = { auto: "Auto", light: "Light", dark: "Dark" }[chosen];
  $("theme").setAttribute("aria-label", `Theme: ${chosen}`);
  map.restyle();
  return chosen;
}

system.addEventListener("change", applyTheme);
$("theme").addEventListener("click", () => {
  localStorage.setItem("theme", themes[(themes.indexOf(applyTheme()) + 1) % themes.length]);
  applyTheme();
});
applyTheme();

// News: results and map follow the index.
let known = "";
let drawn = { state: "", units: 0, work: 0 }; // what the map on show was made of
new Health({
  onStatus: (status) => {
    const roots = status.roots ?? [];
    openRoots(roots.length);
    const now = roots.map((r) => [r.path, r.units, r.files, r.encoded, r.reused, r.complete].join()).join(";");
    const busy = roots.some((r) => r.state === "indexing");
    if (now !== known && known) {
      if (search.query) search.search(true);
      if (code.open) code.refresh();
    }
    known = now;
    follow(status, now, busy);
  },
});

// follow has the map drawn when there is something to draw, and offers to draw it again when a hundredth has changed:
// a map that moved with every edit would be no map.
function follow({ map: making, roots }, now, busy) {
  const sum = (...members) => (roots ?? []).reduce((n, r) => n + members.reduce((m, name) => m + (r[name] ?? 0), 0), 0);
  const [units, work] = [sum("units"), sum("encoded", "reused")];
  const draw = () => {
    drawn = { state: now, units, work };
    map.load();
  };
  const changed = Math.max(Math.abs(units - drawn.units), Math.abs(work - drawn.work)) > units / 100;
  if (making.total > 0) {
    map.say(`Drawing the map: ${Math.round((100 * making.done) / making.total)} %`);
  } else if (busy && map.size === 0) {
    map.say("The map is drawn when the index is ready");
  } else if (!busy && map.size === 0 && drawn.state !== now) {
    draw();
  } else if (!busy && changed && !map.loading) {
    map.say("The code has changed since the map was drawn. ", draw);
  }
}

// Keys that work everywhere but where text is written.
document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("input, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !writing) {
    if ($("health").matches(":popover-open")) return;
    back();
  } else if (!writing && event.key === "/") {
    $("query").focus();
    $("query").select();
  } else if (!writing && event.key === "m") {
    $("marks").focus();
  } else if (!writing && code.open && event.key === "e") {
    $("explain").click();
  } else if (!writing && code.open && event.key === "s") {
    $("similar").click();
  } else {
    return;
  }
  event.preventDefault();
});

// back goes from the code to the results, from the results to the question.
function back() {
  if ($("code").contains(document.activeElement) && !$("results").hidden) $("results").focus();
  else if ($("code").contains(document.activeElement)) code.close();
  else $("query").focus();
}

$("health").addEventListener("toggle", (event) => { if (event.newState === "open") $("health").focus(); });

const asked = new URL(location.href).searchParams.get("q");
if (asked) search.ask(asked);
else $("query").focus();
