// The connection to the server: one at a time, started when it is needed, started again after a crash.

import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";

import * as vscode from "vscode";

import { describe } from "./errors";
import { withRoots } from "./format";
import type { Method, Requests, Status } from "./protocol";
import { Backoff, attempts } from "./server/backoff";
import { type Located, SetupError, locate } from "./server/locate";
import { type Ended, type Version, patience, readVersion } from "./server/version";
import type { Session } from "./session";

/** Milliseconds that a command of the server's program may take. */
const commandPatience = 60_000;

/** How the connection is doing. */
export type State =
  | { readonly kind: "idle" } // nothing was asked for yet, or no folder is open
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly status: Status | undefined }
  | { readonly kind: "waiting"; readonly message: string } // until it is started again
  | { readonly kind: "failed"; readonly message: string; readonly setup: boolean }; // until a person does something; setup: there is no program to run

/** The connection. Its methods may be called in any state. */
export class Connection implements vscode.Disposable {
  private current: State = { kind: "idle" };
  private session: Session | undefined;
  private starting: Promise<Session> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private generation = 0;
  private readonly backoff = new Backoff();
  private readonly changed = new vscode.EventEmitter<State>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {}

  get state(): State {
    return this.current;
  }

  /** Process of the server, when one runs. */
  get pid(): number | undefined {
    return this.session?.pid;
  }

  /** Starts the server unless it runs. Throws with what to do when it cannot run. */
  start(): Promise<Session> {
    if (this.session) {
      return Promise.resolve(this.session);
    }
    switch (this.current.kind) {
      case "waiting":
        return Promise.reject(new Error(this.current.message));
      case "failed":
        return Promise.reject(new SetupError(this.current.message));
      default:
        this.starting ??= this.launch().finally(() => {
          this.starting = undefined;
        });
        return this.starting;
    }
  }

  /** Sends a request, to a server that is started when there is none. */
  async request<M extends Method>(method: M, params: Requests[M]["params"], token?: vscode.CancellationToken): Promise<Requests[M]["result"]> {
    const session = await this.start();
    const result = await session.request(method, params, token);
    return (vscode.workspace.workspaceFolders?.length ?? 0) > 1 ? withRoots(result) : result;
  }

  /** Ends the server, forgets earlier crashes and starts it. */
  async restart(): Promise<void> {
    await this.stop();
    this.backoff.forgive();
    await this.start();
  }

  /** Ends the server, on purpose. */
  async stop(): Promise<void> {
    clearTimeout(this.retry);
    this.generation++;
    const { session } = this;
    this.session = undefined;
    this.set({ kind: "idle" });
    // The session first: from now on it must send nothing more.
    await Promise.all([session?.stop(), this.starting?.catch(() => undefined)]);
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
  }

  /** The program and its version. Throws a SetupError when there is none that fits. */
  async program(): Promise<Located & Version> {
    const configured = vscode.workspace.getConfiguration("semantic").get<string>("server.path", "");
    const located = locate({
      setting: configured,
      folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
      home: os.homedir(),
      extension: this.context.extensionPath,
      platform: process.platform,
      env: process.env,
      isProgram,
    });
    return { ...located, ...readVersion(located.program, await askVersion(located.program)) };
  }

  /** Runs a command of the server's program and returns what it printed. One with a token may take as long as it wants. */
  async run(args: readonly string[], token?: vscode.CancellationToken): Promise<string> {
    const { program } = await this.program();
    return new Promise((resolve, reject) => {
      const child = execFile(program, args, { timeout: token ? 0 : commandPatience, windowsHide: true }, (error, stdout, stderr) => {
        cancelling?.dispose();
        // Whoever finds something wrong ends with a status, and says on standard output what it is.
        if (error && stdout === "") {
          reject(new Error(`${program} ${args.join(" ")}: ${stderr.trim() || error.message}`));
        } else {
          resolve(stdout);
        }
      });
      const cancelling = token?.onCancellationRequested(() => child.kill());
    });
  }

  private async launch(): Promise<Session> {
    const generation = ++this.generation;
    this.set({ kind: "starting" });
    try {
      const program = await this.program();
      this.log.info(`${program.program} (${program.source}) is version ${program.version} with the model ${program.model}`);
      const { Session } = await import("./session.js");
      this.backoff.started(performance.now());
      const session = await Session.start({
        program: program.program,
        args: vscode.workspace.getConfiguration("semantic").get<string[]>("server.arguments", []),
        log: this.log,
        settings: serverSettings(this.context.extension.packageJSON),
        onStatus: (status) => {
          if (generation === this.generation) {
            this.set({ kind: "running", status });
          }
        },
        onExit: (how) => {
          this.exited(generation, how);
        },
      });
      if (generation !== this.generation) {
        await session.stop();
        throw new Error("the server was stopped while it started");
      }
      this.session = session;
      if (this.current.kind !== "running") {
        this.set({ kind: "running", status: undefined });
        void this.askStatus(session);
      }
      return session;
    } catch (error) {
      throw this.failed(generation, error);
    }
  }

  /** Asks a server for its status that has had no change of it to tell. */
  private async askStatus(session: Session): Promise<void> {
    try {
      const status = await session.request("semantic/status", {});
      if (this.session === session && this.current.kind === "running" && this.current.status === undefined) {
        this.set({ kind: "running", status });
      }
    } catch (error) {
      this.log.warn(`ask for the status: ${describe(error)}`);
    }
  }

  /** Notes why a start failed and returns the error to report. */
  private failed(generation: number, error: unknown): Error {
    if (generation !== this.generation) {
      // It was stopped meanwhile, or it ended by itself and the state says what follows.
      return new Error("message" in this.current ? this.current.message : describe(error));
    }
    this.generation++;
    const message = describe(error);
    this.log.error(message);
    this.set({ kind: "failed", message, setup: error instanceof SetupError });
    return new SetupError(message);
  }

  /** Notes that a process ended. One that was not told to is started again, later each time. */
  private exited(generation: number, how: string): void {
    if (generation !== this.generation) {
      return;
    }
    this.generation++;
    const { session } = this;
    this.session = undefined;
    void session?.stop();
    const verdict = this.backoff.crashed(performance.now());
    if (!verdict.restart) {
      const message = `The server ended ${verdict.crashes} times in a row (${how}) and is not started again. The log may tell why`;
      this.log.error(message);
      this.set({ kind: "failed", message, setup: false });
      return;
    }
    const message = `the server ended (${how}); starting it again in ${verdict.delay / 1000} s, attempt ${verdict.attempt} of ${attempts}`;
    this.log.warn(message);
    this.set({ kind: "waiting", message });
    this.retry = setTimeout(() => {
      this.set({ kind: "idle" });
      this.start().catch(() => undefined); // the state tells
    }, verdict.delay);
  }

  private set(state: State): void {
    this.current = state;
    this.changed.fire(state);
  }
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function askVersion(program: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, ["version", "--json"], { timeout: patience, killSignal: "SIGKILL", windowsHide: true }, (error, stdout, stderr) => {
      const failure = typeof error?.code === "string" ? error.message : undefined;
      const ended = { code: error ? Number(error.code ?? -1) : 0, timedOut: error?.killed === true, stdout, stderr };
      resolve(failure === undefined ? ended : { ...ended, failure });
    });
  });
}

/** Keys of the settings that the server knows: the part of the manifest that is generated from its source. */
function serverSettings(manifest: unknown): readonly string[] {
  const { contributes } = manifest as { contributes: { configuration: readonly { properties: object }[] } };
  return Object.keys(contributes.configuration[0]?.properties ?? {});
}
