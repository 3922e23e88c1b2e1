// Which model is used, and how one gets onto the machine.

import * as vscode from "vscode";

import type { Connection } from "./connection";

/** The model inside the program. */
const inside = "static";

/** The name under which the program lists what models run on. */
const runtime = "onnxruntime";

/** A line of "lsp model list --json". */
interface Listed {
  readonly name: string;
  /** "embed" for those that can be the encoder. */
  readonly task?: string;
  readonly bytes: number;
  readonly installed: boolean;
  /** Whether it can be downloaded. */
  readonly pinned: boolean;
  readonly about: string;
}

/** Lets a person choose among the models that are installed or can be, and installs what is missing. */
export async function chooseModel(connection: Connection): Promise<void> {
  const { program, cgo } = await connection.program();
  if (!cgo) {
    void vscode.window.showInformationMessage(`The server ${program} was built without C and has no other model than the one inside it.`);
    return;
  }
  const listed = JSON.parse(await connection.run(["model", "list", "--json"])) as readonly Listed[];
  const present = vscode.workspace.getConfiguration("semantic").get("encoder", inside);
  const models = listed.filter(({ task, installed, pinned, bytes }) => task === "embed" && (installed || (pinned && bytes > 0)));
  const items = [
    { name: inside, description: "the model inside the program", missing: [] as Listed[] },
    ...models.map((model) => {
      const missing = [...listed.filter(({ name }) => name === runtime), model].filter(({ installed }) => !installed);
      return { name: model.name, description: model.installed ? model.about : `${model.about} — not installed, ${megabytes(missing)}`, missing };
    }),
  ].map((item) => ({ ...item, label: item.name === present ? `$(check) ${item.name}` : item.name }));
  const chosen = await vscode.window.showQuickPick(items, { title: "Model", placeHolder: `now: ${present}` });
  if (!chosen || (chosen.name === present && chosen.missing.length === 0)) {
    return;
  }
  if (chosen.missing.length > 0 && !(await install(connection, chosen.name, chosen.missing))) {
    return;
  }
  const value = chosen.name === inside ? undefined : chosen.name;
  await vscode.workspace.getConfiguration("semantic").update("encoder", value, vscode.ConfigurationTarget.Global);
}

/** Installs a model and what it runs on. Returns false when the person does not want to. */
async function install(connection: Connection, name: string, missing: readonly Listed[]): Promise<boolean> {
  const button = "Install";
  const detail = `${missing.map((each) => each.name).join(" and ")} will be downloaded, ${megabytes(missing)}, and checked against known checksums.`;
  if ((await vscode.window.showInformationMessage(`Install ${name}?`, { modal: true, detail }, button)) !== button) {
    return false;
  }
  const args = ["model", "install", ...missing.map((each) => each.name)];
  const progress = { location: vscode.ProgressLocation.Notification, title: `Installing ${name}`, cancellable: true };
  return vscode.window.withProgress(progress, async (_, token) => {
    try {
      await connection.run(args, token);
    } catch (error) {
      if (!token.isCancellationRequested) {
        throw error;
      }
    }
    return !token.isCancellationRequested;
  });
}

function megabytes(models: readonly Listed[]): string {
  return `${Math.ceil(models.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)} MB`;
}
