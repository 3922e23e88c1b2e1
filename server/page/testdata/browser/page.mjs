// Drives the page in a real Chromium, by keyboard alone where that is the point, and checks it with axe-core.
//
//   node page.mjs ADDRESS FOLDER BOTH [PICTURES]
//
// ADDRESS is what lsp serve --open printed, FOLDER the folder it shows (testdata/shop, which the test changes), BOTH the
// address of a page over that folder and one of the name other, PICTURES a folder for screenshots. The variable CHROMIUM names the file of the browser. Exits with 1 when something failed, after saying what.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const [address, folder, both, pictures] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const faults = []; // what the browser complained about

// visit opens the page in a window of its own.
async function visit({ at = address, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", ...options });
  const page = await context.newPage();
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("pageerror", (fault) => faults.push(String(fault)));
  page.on("request", (request) => { if (!request.url().startsWith(new URL(at).origin)) faults.push(`asked elsewhere: ${request.url()}`); });
  await page.goto(at);
  assert.equal(new URL(page.url()).search, "", "the token stays in the address bar");
  await page.waitForSelector("#legend li");
  return page;
}

// accessible checks the page with axe-core, of WCAG 2.2 A and AA and of what is good practice.
async function accessible(page, what) {
  // Evaluated through the debugger's protocol, which the policy of the page does not bind.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const list = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `    ${n.target}: ${n.failureSummary}`).join("\n")}`);
  assert.equal(list.join("\n"), "", `${what} is not accessible`);
}

// expected forgives the note that the browser takes of an answer with a status.
function expected(status) { faults.splice(0, faults.length, ...faults.filter((f) => !f.includes(status))); }

const focused = (page) => page.evaluate(() => document.activeElement.id);
const selected = (page, list) => page.textContent(`${list} [aria-selected=true]`);
const first = (page, name) => page.waitForFunction((n) => document.querySelector("#results li .name")?.textContent.includes(n), name);

const tests = {
  // The whole way by keyboard: ask, complete an operator, walk, read, explain, similar, map, back.
  async keyboard() {
    const page = await visit();
    assert.equal(await focused(page), "query");
    await page.keyboard.type("send an invoice by mail");
    await first(page, "mailInvoice");
    assert.equal(await page.getAttribute("#query", "aria-expanded"), "false");
    await page.keyboard.type(" kin");
    await page.waitForSelector("#completions li");
    assert.equal(await page.getAttribute("#query", "aria-expanded"), "true");
    await page.keyboard.press("ArrowDown");
    const option = await page.getAttribute("#query", "aria-activedescendant");
    assert.match(await page.textContent(`#${option}`), /^kind:/);
    await page.keyboard.press("Enter");
    await page.keyboard.type("function");
    await page.waitForSelector("#filters button");
    await page.waitForSelector("#completions", { state: "hidden" });
    assert.equal(await page.inputValue("#query"), "send an invoice by mail kind:function");
    await accessible(page, "the page with results");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "results");
    assert.match(await selected(page, "#results"), /mailInvoice/);
    await page.keyboard.press("ArrowDown");
    const second = await selected(page, "#results");
    assert.doesNotMatch(second, /mailInvoice/);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "lines" && document.querySelector("#lines").textContent.includes("def mailInvoice"));
    await page.keyboard.press("e");
    await page.waitForSelector("#explanation tr");
    assert.equal(await page.getAttribute("#explain", "aria-expanded"), "true");
    await accessible(page, "the page with code and explanation");
    await page.keyboard.press("s");
    await page.waitForFunction(() => document.querySelector("#summary").textContent.includes("like mailInvoice"));
    assert.equal(await focused(page), "results");
    await page.keyboard.press("m");
    assert.equal(await focused(page), "marks");
    await page.waitForFunction(() => document.querySelector("#spoken").textContent !== "");
    const before = await page.textContent("#spoken");
    for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) await page.keyboard.press(key);
    assert.match(before, /, .*:\d+$/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "lines");
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "results");
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "query");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("#welcome").hidden);
    await page.context().close();
    expected("400"); // an operator that has no value yet
  },

  // The list is the map for those who do not see it.
  async list() {
    const page = await visit();
    await page.focus("#list-toggle");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#in-view li");
    assert.equal(await focused(page), "in-view");
    await accessible(page, "the page with the list of functions");
    const one = await selected(page, "#in-view");
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await selected(page, "#in-view"), one);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#lines .row");
    await page.focus("#in-view");
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "list-toggle");
    assert.equal(await page.getAttribute("#list-toggle", "aria-expanded"), "false");
    await page.context().close();
  },

  // By mouse: hovering names a function, clicking opens it, the wheel zooms, the legend isolates.
  async mouse() {
    const page = await visit();
    await page.focus("#marks");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector("#hover").style.transform);
    const [x, y] = await page.evaluate(() => {
      const box = document.querySelector("#marks").getBoundingClientRect();
      const [, left, top] = document.querySelector("#hover").style.transform.match(/\((\d+)px, (\d+)px/);
      return [box.x + Number(left) - 12, box.y + Number(top) - 14];
    });
    await page.evaluate(() => { document.querySelector("#hover b").textContent = ""; });
    await page.mouse.move(x, y + 300);
    await page.mouse.move(x, y);
    await page.waitForFunction(() => document.querySelector("#hover b").textContent); // of the nearest, where some lie close together
    const name = await page.textContent("#hover b");
    await page.mouse.click(x, y);
    await page.waitForSelector("#lines .row");
    assert.equal(await page.textContent("#code-name"), name);
    await page.mouse.wheel(0, -500);
    await page.click("#legend button >> nth=0");
    assert.equal(await page.getAttribute("#legend button >> nth=0", "aria-pressed"), "true");
    await page.click("#zoom-all");
    await page.context().close();
  },

  // What the index has to say, live, and files that go while they are looked at.
  async live() {
    const page = await visit();
    await page.click("#state");
    await page.waitForSelector("#health:popover-open dl");
    assert.match(await page.textContent("#health"), /Left out: secret/);
    await accessible(page, "the health of the index");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#health", { state: "hidden" });
    await page.fill("#query", "water the tomato plants");
    await page.waitForFunction(() => document.querySelector("#summary").textContent !== "");
    fs.writeFileSync(path.join(folder, "garden.py"), "def waterTomatoes(plants):\n    \"\"\"Water the tomato plants.\"\"\"\n    return [p.water() for p in plants]\n");
    await first(page, "waterTomatoes"); // the question is asked again by itself
    await page.waitForFunction(() => document.querySelector("#map-state button"));
    await page.click("#map-state button");
    await page.waitForFunction(() => document.querySelector("#map-state").textContent === "");
    await page.click("#results li >> nth=0");
    await page.waitForFunction(() => document.querySelector("#lines").textContent.includes("tomato"));
    fs.rmSync(path.join(folder, "garden.py"));
    await page.waitForFunction(() => document.querySelector("#lines").textContent.includes("no longer"));
    await page.context().close();
    expected("404");
  },

  // Nothing found, and a query that cannot be read.
  async nothing() {
    const page = await visit();
    await page.fill("#query", "lang:go lang:python");
    await page.waitForFunction(() => /filters leave none/.test(document.querySelector("#summary").textContent));
    await page.click("#filters button >> nth=0");
    assert.equal(await page.inputValue("#query"), "lang:python");
    await page.fill("#query", "/(/");
    await page.waitForFunction(() => document.querySelector("#summary.fault"));
    await accessible(page, "the page with a fault");
    await page.context().close();
    expected("400");
  },

  // Themes, a narrow window, and less motion; each accessible, and nothing to be scrolled sideways.
  async looks() {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1440, 1000, 375, 320]) { // 320: 1280 with everything four times as large
        const page = await visit({ colorScheme, viewport: { width, height: 850 } });
        await accessible(page, `the start of the ${colorScheme} page, ${width} wide`);
        await page.fill("#query", "price with tax");
        await first(page, "Tax");
        await page.waitForSelector("#lines .row");
        await accessible(page, `the ${colorScheme} page, ${width} wide`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} wide, it scrolls sideways`);
        if (pictures) await page.screenshot({ path: path.join(pictures, `${colorScheme}-${width}.png`) });
        await page.context().close();
      }
    }
    const forced = await visit({ forcedColors: "active" }); // what is selected, and how good it is, shows without our colours
    await forced.fill("#query", "price with tax");
    await first(forced, "Tax");
    const ground = (selector) => forced.evaluate((s) => getComputedStyle(document.querySelector(s)).backgroundColor, selector);
    assert.notEqual(await ground("#results li[aria-selected=true]"), await ground("#results li[aria-selected=false]"));
    assert.notEqual(await ground("#results li[aria-selected=false] .bar i"), await ground("#results li[aria-selected=false] .bar"));
    assert.notEqual(await ground("#legend i"), await ground("#legend"));
    await forced.context().close();
    const page = await visit({ colorScheme: "dark" });
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    await page.click("#theme");
    assert.equal(await page.getAttribute("html", "data-theme"), "light");
    await page.reload();
    assert.equal(await page.getAttribute("html", "data-theme"), "light");
    await page.context().close();
  },

  // With two folders, a path says in which of them it is.
  async folders() {
    const page = await visit({ at: both });
    await page.fill("#query", "greet the visitor");
    await first(page, "welcomeVisitor");
    assert.equal(await page.textContent("#results li .where"), "other/greeting.py:1");
    await page.waitForSelector("#lines .row");
    assert.equal(await page.textContent("#code-place"), "other/greeting.py:1");
    await page.context().close();
  },

  // A question stands in the address: a reload asks it again.
  async address() {
    const page = await visit();
    await page.fill("#query", "price with tax");
    await first(page, "Tax");
    await page.reload();
    await first(page, "Tax");
    assert.equal(await page.inputValue("#query"), "price with tax");
    await page.context().close();
  },
};

let failed = false;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    assert.equal(faults.join("\n"), "", "the browser complained");
    console.log(`ok ${name}`);
  } catch (fault) {
    failed = true;
    console.log(`failed ${name}: ${fault.stack}`);
    faults.length = 0;
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
