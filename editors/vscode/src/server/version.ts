// Whether a program is our server, which "lsp version --json" tells, and whether the two speak the same protocol.

import { type Capability, protocolVersion } from "../protocol";
import { SetupError, setting } from "./locate";

export interface Version {
  readonly version: string;
  readonly model: string;
  /** Whether it has what is written in C: grammars and transformers. */
  readonly cgo: boolean;
}

/** How a program ended that was asked for its version. */
export interface Ended {
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be started. */
  readonly failure?: string;
}

/** Milliseconds a program may take to tell its version. */
export const patience = 10_000;

const remedy = `Give the path of another one in the setting "${setting}", or clear the setting to use the one inside the extension`;

/** Reads the answer of a program. Throws a SetupError when it is not our server. */
export function readVersion(program: string, ended: Ended): Version {
  if (ended.failure !== undefined) {
    throw new SetupError(`${program} cannot be run: ${ended.failure}. ${remedy}`);
  }
  if (ended.timedOut) {
    throw new SetupError(`${program} did not tell its version within ${patience / 1000} s, so it is not used as the server. ${remedy}`);
  }
  const version = parse(ended.stdout);
  if (ended.code === 0 && version) {
    return version;
  }
  const reason = ended.stderr.trim().split("\n")[0]?.slice(0, 200) || `status ${ended.code ?? "unknown"}`;
  throw new SetupError(`${program} is another program or a broken server: "version --json" gave no answer of ours (${reason}). ${remedy}`);
}

function parse(text: string): Version | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("version" in value) || !("model" in value)) {
    return undefined;
  }
  const { version, model } = value;
  return typeof version === "string" && typeof model === "string" ? { version, model, cgo: !("cgo" in value) || value.cgo !== false } : undefined;
}

/** Throws a SetupError when a server speaks another protocol than the extension. */
export function checkProtocol(capability: unknown): void {
  const version = (capability as Partial<Capability> | null | undefined)?.version;
  if (typeof version !== "number") {
    throw new SetupError(`The server does not offer semantic search. ${remedy}`);
  }
  if (version !== protocolVersion) {
    const older = version < protocolVersion ? "server" : "extension";
    throw new SetupError(`The server speaks protocol ${version} and the extension protocol ${protocolVersion}: update the ${older}`);
  }
}
