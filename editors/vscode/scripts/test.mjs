// Runs tests with Node's runner:
//
//   npm test                                        of the parts that need no editor
//   npm run test:integration                        of the package, in VS Code in a browser
//   npm run test:integration -- --server FILE       with a server that was built already
//   npm run screenshots                             the same, and takes the pictures of the README anew

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { install } from "./codeserver.mjs";
import { makePackage } from "./package.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string" }, screenshots: { type: "boolean" }, only: { type: "string" } },
});
const kind = positionals[0] ?? "unit";
const folder = path.join(root, "test", kind);
const out = path.join(root, "out", "test", kind);
rmSync(out, { recursive: true, force: true });
const files = readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
await build({
  absWorkingDir: root,
  entryPoints: files.map((file) => path.join(folder, file)),
  outdir: out,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});

const env = { ...process.env };
if (kind === "integration") {
  env.SEMANTIC_VSIX = await makePackage({ server: values.server });
  env.SEMANTIC_CODE_SERVER = install();
  env.SEMANTIC_FAILURES = path.join(root, "out", "failures");
  env.SEMANTIC_SCREENSHOTS = values.screenshots ? path.join(root, "media", "screenshots") : path.join(root, "out", "screenshots");
  env.SEMANTIC_SCALE = values.screenshots ? "2" : "1"; // picture points for each point of the window
}
const args = ["--enable-source-maps", "--test", "--test-concurrency=1"];
if (values.only) {
  args.push(`--test-name-pattern=${values.only}`);
}
const bundled = files.map((file) => path.join(out, file.replace(/\.ts$/u, ".cjs")));
const { status } = spawnSync(process.execPath, [...args, ...bundled], { env, stdio: "inherit" });
process.exitCode = status ?? 1;
