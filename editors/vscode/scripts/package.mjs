// Builds the extension for one platform, with the server inside:
//
//   npm run package                            for this machine
//   npm run package -- --target win32-x64      for another one; needs nothing but Go, and lacks what is in C: grammars
//                                              and transformers
//   npm run package -- --target linux-arm64 --zig FILE
//                                              the same with all of it, through the C compiler inside of Zig
//   npm run package -- --server FILE           with a server that was built already
//   npm run package -- --out FILE              to another place than semantic-code-search-TARGET-VERSION.vsix

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { createVSIX } from "@vscode/vsce";

import { bundle } from "./build.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Go's names of the systems and processors for which packages are made, and Zig's. For Linux the C library of Debian 10
 * and RHEL 8 is asked for, older than which VS Code does not take.
 */
const targets = {
  "linux-x64": ["linux", "amd64", "x86_64-linux-gnu.2.28"],
  "linux-arm64": ["linux", "arm64", "aarch64-linux-gnu.2.28"],
  "darwin-x64": ["darwin", "amd64"],
  "darwin-arm64": ["darwin", "arm64"],
  "win32-x64": ["windows", "amd64", "x86_64-windows-gnu"],
  "win32-arm64": ["windows", "arm64"],
};

/** What the page of a package says whose server was built without C. */
const withoutC = `

## This package

Its server was built without a C compiler: most languages are read by a simpler scanner, which finds most functions, and
transformers (the setting \`semantic.encoder\`) cannot be used. Search works as described.
`;

/** Largest package, in bytes, that is made; a larger one has something inside that does not belong there. */
const largest = 40e6;

/** The platform of this machine. */
export const here = `${process.platform}-${os.arch()}`;

/** Makes a package and returns its path. */
export async function makePackage({ target = here, server, zig, out } = {}) {
  if (!(target in targets)) {
    throw new Error(`the target ${target} is not known; one of ${Object.keys(targets).join(", ")} is needed`);
  }
  const stage = path.join(root, "out", `stage-${target}`);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(path.join(stage, "server"), { recursive: true });
  await bundle(path.join(stage, "dist"), true);
  cpSync(path.join(root, "media"), path.join(stage, "media"), { recursive: true });
  copyFileSync(path.join(root, "..", "..", "LICENSE"), path.join(stage, "LICENSE.txt"));
  const program = path.join(stage, "server", target.startsWith("win32") ? "lsp.exe" : "lsp");
  if (server) {
    copyFileSync(server, program);
    chmodSync(program, 0o755);
  } else {
    buildServer(target, program, zig);
  }
  const complete = server !== undefined || zig !== undefined || target === here;
  writeFileSync(path.join(stage, "README.md"), readFileSync(path.join(root, "README.md"), "utf8") + (complete ? "" : withoutC));
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  delete manifest.scripts;
  delete manifest.devDependencies;
  delete manifest.private;
  writeFileSync(path.join(stage, "package.json"), JSON.stringify(manifest, undefined, 2));
  const packagePath = out ?? path.join(root, "out", `${manifest.name}-${target}-${manifest.version}.vsix`);
  await createVSIX({ cwd: stage, target, packagePath, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
  const { size } = statSync(packagePath);
  if (size > largest) {
    throw new Error(`${packagePath} has ${size} bytes, at most ${largest} are allowed`);
  }
  return packagePath;
}

/** Builds the server without debug information. For another system than this one without C, unless there is Zig. */
export function buildServer(target, program, zig) {
  const [system, processor, zigTarget] = targets[target];
  const env = { ...process.env };
  if (zig !== undefined) {
    if (zigTarget === undefined) {
      throw new Error(`building for ${target} with Zig is not supported: leave --zig out, or build there`);
    }
    Object.assign(env, { GOOS: system, GOARCH: processor, CGO_ENABLED: "1", CC: `${zig} cc -target ${zigTarget}`, CXX: `${zig} c++ -target ${zigTarget}` });
  } else if (target !== here) {
    Object.assign(env, { GOOS: system, GOARCH: processor, CGO_ENABLED: "0" });
  } else {
    env.CGO_ENABLED = "1"; // or Go would leave out what is in C where it finds no compiler, without a word
  }
  const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./server/lsp"];
  execFileSync("go", args, { cwd: path.join(root, "..", ".."), env, stdio: "inherit" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { target: { type: "string" }, server: { type: "string" }, zig: { type: "string" }, out: { type: "string" } } });
  const file = await makePackage(values);
  console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
