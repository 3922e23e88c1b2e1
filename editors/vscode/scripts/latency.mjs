// Prints how long a key press takes to show in the list of results, in VS Code, over a large folder:
//
//   npm run latency [-- --server FILE] [FOLDER]     without a folder, Go's standard library: some 50,000 functions

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { install } from "./codeserver.mjs";
import { makePackage } from "./package.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { server: { type: "string" } } });
const out = path.join(root, "out", "test", "latency", "latency.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/latency/latency.ts"],
  outfile: out,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});
const env = { ...process.env, SEMANTIC_VSIX: await makePackage({ server: values.server }), SEMANTIC_CODE_SERVER: install() };
const { status } = spawnSync(process.execPath, [out, ...positionals], { env, stdio: "inherit" });
process.exitCode = status ?? 1;
