// What the status item says, without the editor.

import type { State } from "../connection";
import { count } from "../format";
import type { RootStatus, Status } from "../protocol";

/** The status item. */
export interface StatusText {
  readonly text: string;
  /** Lines of Markdown. */
  readonly tooltip: readonly string[];
  readonly severity: "none" | "warning" | "error";
  readonly canPause: boolean;
  readonly canResume: boolean;
  readonly canReindex: boolean;
}

const calm = { severity: "none", canPause: false, canResume: false, canReindex: false } as const;

/** Describes the connection and the indexes behind it; counters are left out when the person wants no progress. */
export function statusText(state: State, counters: boolean): StatusText {
  switch (state.kind) {
    case "idle":
      return { ...calm, text: "$(telescope)", tooltip: ["Semantic Search has not started."] };
    case "starting":
      return { ...calm, text: "$(loading~spin) Semantic", tooltip: ["The server is starting."] };
    case "waiting":
      return { ...calm, text: "$(warning) Semantic", severity: "warning", tooltip: [sentence(state.message)] };
    case "failed":
      return { ...calm, text: "$(error) Semantic", severity: "error", tooltip: [sentence(state.message)] };
    case "running":
      return state.status ? running(state.status, counters) : { ...calm, text: "$(telescope) Semantic", tooltip: ["The server is running."] };
  }
}

function running(status: Status, counters: boolean): StatusText {
  const states = new Set(status.roots.map((root) => root.state));
  const canPause = states.has("indexing") || states.has("ready") || states.has("degraded");
  const canReindex = status.roots.some(({ state, declined }) => state !== "disabled" || declined === true);
  const base = { tooltip: describeStatus(status), canPause, canResume: states.has("paused"), canReindex };
  const degraded = status.degraded !== undefined && status.degraded !== "";
  if (degraded || states.has("degraded")) {
    return { ...base, text: "$(warning) Semantic degraded", severity: "warning" };
  }
  const indexing = status.roots.filter((root) => root.state === "indexing");
  if (indexing.length > 0) {
    const done = indexing.reduce((sum, root) => sum + (root.done ?? 0), 0);
    const total = indexing.reduce((sum, root) => sum + (root.total ?? 0), 0);
    const far = counters && total > 0 ? ` ${done} of ${total}` : "";
    return { ...base, text: `$(sync~spin) Semantic${far}`, severity: "none" };
  }
  if (states.has("paused")) {
    return { ...base, text: "$(debug-pause) Semantic paused", severity: "none" };
  }
  if (states.size > 0 && [...states].every((state) => state === "disabled")) {
    return { ...base, text: "$(circle-slash) Semantic off", severity: "none" };
  }
  return { ...base, text: "$(telescope) Semantic", severity: "none" };
}

/** A status as lines of Markdown. */
export function describeStatus(status: Status): string[] {
  const lines = [`Model: ${escape(status.model)}`];
  if (status.degraded) {
    lines.push(`Degraded: ${escape(status.degraded)}`);
  }
  if (status.roots.length === 0) {
    lines.push("No folder is open.");
  }
  for (const root of status.roots) {
    lines.push(...describeRoot(root));
  }
  return lines;
}

function describeRoot(root: RootStatus): string[] {
  const reason = root.reason ? `: ${escape(root.reason)}` : "";
  const lines = [`**${escape(root.path)}** ${root.state}${reason}`];
  if (root.state === "indexing" && (root.total ?? 0) > 0) {
    lines.push(`${root.done ?? 0} of ${count(root.total ?? 0, "file")} indexed`);
  }
  if (root.files !== undefined) {
    const size = ((root.diskBytes ?? 0) / 1e6).toFixed(1);
    lines.push(`${count(root.files, "file")}, ${count(root.functions ?? 0, "function")}, ${size} MB on disk`);
  }
  const skipped = Object.entries(root.skipped ?? {}).sort(([, a], [, b]) => b - a);
  if (skipped.length > 0) {
    lines.push(`Left out: ${skipped.map(([why, n]) => `${n} ${escape(why)}`).join(", ")}`);
  }
  return lines;
}

/** The text with what Markdown would take for markup made literal. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!<>|~$]/gu, "\\$&");
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return escape(/[.!?]$/u.test(first) ? first : `${first}.`);
}
