// Bundles the extension into dist: its entry, and apart from it the part that brings the client library along.
//
//   npm run build [-- --production]

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Bundles into a folder. */
export async function bundle(out = path.join(root, "dist"), production = false) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const result = await build({
    absWorkingDir: root,
    entryPoints: ["src/extension.ts", "src/session.ts"],
    outdir: out,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode", "./session.js"],
    minify: production,
    sourcemap: production ? false : "inline",
    metafile: true,
    logLevel: "warning",
  });
  writeFileSync(path.join(out, "licenses.txt"), licenses(Object.keys(result.metafile.inputs)));
}

/** The licences of the packages that are inside a bundle. */
function licenses(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) {
      packages.add(match[1]);
    }
  }
  return [...packages].sort().map(describePackage).join("\n\n");
}

function describePackage(name) {
  const folder = path.join(root, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  for (const file of ["LICENSE", "LICENSE.md", "License.txt", "LICENSE.txt", "license"]) {
    try {
      return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), "utf8").trim()}`;
    } catch {
      // the next name
    }
  }
  throw new Error(`the package ${name} has no licence text to put into the extension`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle(undefined, process.argv.includes("--production"));
}
