// Installs code-server, the VS Code that runs in a browser, from npm, for the integration tests.
//
//   node scripts/codeserver.mjs        prints the program
//
// A plain installation needs yarn and downloads tools that the tests do not use, so the steps are made here: packages
// without their scripts, then the native modules without which it does not start.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The VS Code that it brings is 1.100.3. */
const version = "4.100.3";

/** The only release of Node that it runs on. */
const node = "20";

const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Installs it unless it is there, and returns the script to run with Node. */
export function install() {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  const folder = path.join(cache, "semantic-code-search-tests", `code-server-${version}-node${process.versions.modules}`);
  const entry = path.join("node_modules", "code-server", "out", "node", "entry.js");
  if (existsSync(path.join(folder, entry))) {
    return path.join(folder, entry);
  }
  if (process.versions.node.split(".")[0] !== node) {
    throw new Error(`code-server ${version} needs Node ${node}, this is ${process.version}`);
  }
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(path.join(partial, "package.json"), "{}\n");
  npm(partial, "install", "--ignore-scripts", `code-server@${version}`);
  const code = path.join(partial, "node_modules", "code-server", "lib", "vscode");
  npm(code, "install", "--ignore-scripts", "--omit=dev");
  npm(path.join(code, "extensions"), "install", "--ignore-scripts", "--omit=dev");
  symlinkSync("node_modules", path.join(code, "node_modules.asar"), "junction");
  npm(partial, "rebuild", "--foreground-scripts", "argon2");
  npm(code, "rebuild", "--foreground-scripts", "@vscode/spdlog", "native-watchdog");
  renameSync(partial, folder);
  return path.join(folder, entry);
}

function npm(cwd, ...args) {
  execFileSync("npm", [...args, ...quiet], { cwd, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(install());
}
