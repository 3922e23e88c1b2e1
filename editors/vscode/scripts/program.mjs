// Runs a program of the folder test that drives the packaged extension, and is not a test.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { install } from "./codeserver.mjs";
import { makePackage } from "./package.mjs";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Runs test/NAME/NAME.ts with the arguments that are given, else with those of the command line, and ends as it does. The
 * option --server names a server that was built already.
 */
export async function runProgram(name, ...given) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { server: { type: "string" } } });
  const out = path.join(root, "out", "test", name, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`test/${name}/${name}.ts`],
    outfile: out,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  const env = { ...process.env, SEMANTIC_VSIX: await makePackage({ server: values.server }), SEMANTIC_CODE_SERVER: install() };
  const { status } = spawnSync(process.execPath, [out, ...(given.length > 0 ? given : positionals)], { env, stdio: "inherit" });
  process.exitCode = status ?? 1;
}
