// Which program is the server: what the setting names, else the one inside the extension, else the one in the PATH.

import * as path from "node:path";

/** Where the program was found. */
export type Source = "setting" | "bundled" | "PATH";

export interface Located {
  readonly program: string;
  readonly source: Source;
}

/** What the search depends on, so that it can be tested without a machine of that kind. */
export interface Surroundings {
  /** Value of the setting server.path; empty when it is not set. */
  readonly setting: string;
  /** Folder that a relative setting starts from. */
  readonly folder: string | undefined;
  readonly home: string;
  readonly extension: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  isProgram(file: string): boolean;
}

/** Something a person has to mend before the server can run. */
export class SetupError extends Error {}

export const setting = "semantic.server.path";
const name = "lsp";
const advice = `Give its path in the setting "${setting}", or clear the setting to use the server inside the extension`;

/** Finds the program. Throws a SetupError that says what to do. */
export function locate(here: Surroundings): Located {
  const paths = here.platform === "win32" ? path.win32 : path.posix;
  const file = here.platform === "win32" ? `${name}.exe` : name;
  if (here.setting.trim() !== "") {
    const program = expand(here.setting.trim(), here, paths);
    if (!here.isProgram(program)) {
      throw new SetupError(`The server ${program}, which the setting "${setting}" names, does not exist or is no program. ${advice}`);
    }
    return { program, source: "setting" };
  }
  const bundled = paths.join(here.extension, "server", file);
  if (here.isProgram(bundled)) {
    return { program: bundled, source: "bundled" };
  }
  for (const folder of (here.env["PATH"] ?? here.env["Path"] ?? "").split(paths.delimiter)) {
    const candidate = paths.join(folder, file);
    if (paths.isAbsolute(folder) && here.isProgram(candidate)) {
      return { program: candidate, source: "PATH" };
    }
  }
  throw new SetupError(
    `The server is missing: this package of the extension has none for ${here.platform}, and no "${name}" is in the PATH. ` +
      `Build it with "go install ./server/lsp" in its repository, then give its path in the setting "${setting}"`,
  );
}

function expand(text: string, here: Surroundings, paths: path.PlatformPath): string {
  const folder = here.folder ?? here.home;
  let expanded = text.replaceAll("${workspaceFolder}", folder).replaceAll("${userHome}", here.home);
  if (expanded === "~" || expanded.startsWith("~/") || expanded.startsWith("~\\")) {
    expanded = paths.join(here.home, expanded.slice(1));
  }
  return paths.resolve(folder, expanded);
}
