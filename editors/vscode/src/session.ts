// One run of the server and the protocol spoken with it. Bundled apart from the rest, since it brings the client library
// with it, which is loaded when the server is first needed.

import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import * as vscode from "vscode";
import {
  type ClientCapabilities,
  CloseAction,
  ErrorAction,
  type FeatureState,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type StaticFeature,
  type StreamInfo,
} from "vscode-languageclient/node";

import { type Method, type Requests, type Status, ownCommands } from "./protocol";
import { SetupError } from "./server/locate";
import { checkProtocol } from "./server/version";

/** What a session needs to know to start. */
export interface SessionOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly log: vscode.LogOutputChannel;
  /** Keys of the settings that the server knows, with the section: "semantic.search.limit". */
  readonly settings: readonly string[];
  onStatus(status: Status): void;
  /** Called when the process ends by itself; how says it in words. */
  onExit(how: string): void;
}

/** Milliseconds the server may take to answer "initialize", and to end in order. */
const patience = 15_000;

/** A running server. */
export class Session {
  private stopping = false;

  private constructor(
    private readonly client: LanguageClient,
    private readonly process: () => ChildProcess | undefined,
  ) {}

  /** Starts the server. Throws, leaving no process behind, when it does not come up. */
  static async start(options: SessionOptions): Promise<Session> {
    let child: ChildProcess | undefined;
    let ended: ((error: Error) => void) | undefined;
    const end = new Promise<never>((_, reject) => {
      ended = reject;
    });
    const run = (): Promise<StreamInfo> => {
      const started = launch(options, (how) => {
        ended?.(new Error(`the server ended (${how})`));
        if (!session.stopping) {
          options.onExit(how);
        }
      });
      child = started;
      return Promise.resolve({ reader: started.stdout, writer: started.stdin });
    };
    const client: LanguageClient = new LanguageClient("semantic", "Semantic Search", run, clientOptions(options, (): boolean => session.stopping));
    client.registerFeature(new Capabilities());
    client.onNotification("semantic/statusChanged", (status: Status) => {
      options.onStatus(status);
    });
    const session: Session = new Session(client, () => child);
    try {
      await Promise.race([within(patience, client.start(), "answer the first request"), end]);
      const experimental = client.initializeResult?.capabilities.experimental as { semanticSearch?: unknown } | undefined;
      checkProtocol(experimental?.semanticSearch);
    } catch (error) {
      // Its output may close before it is known to have ended, which is what a person should read then.
      const cause = error instanceof SetupError ? error : await Promise.race([end, later(error)]).catch((reason: unknown) => reason);
      await session.stop();
      throw cause;
    } finally {
      end.catch(() => undefined); // later ends are for onExit alone
    }
    return session;
  }

  get pid(): number | undefined {
    return this.process()?.pid;
  }

  request<M extends Method>(method: M, params: Requests[M]["params"], token?: vscode.CancellationToken): Promise<Requests[M]["result"]> {
    // A token that is undefined would be taken for a second parameter.
    return token === undefined ? this.client.sendRequest<Requests[M]["result"]>(method, params) : this.client.sendRequest<Requests[M]["result"]>(method, params, token);
  }

  /** Calls back with the progress that is reported under a token of a request. */
  onProgress(token: string, callback: (message: string | undefined, percentage: number | undefined) => void): vscode.Disposable {
    const kind = { __: undefined } as never;
    return this.client.onProgress<{ message?: string; percentage?: number }>(kind, token, (value) => {
      callback(value.message, value.percentage);
    });
  }

  /** The URI of a document as the server knows it. */
  uri(uri: vscode.Uri): string {
    return this.client.code2ProtocolConverter.asUri(uri);
  }

  /** Ends the server, by force when it does not end by itself. */
  async stop(): Promise<void> {
    this.stopping = true;
    try {
      await this.client.dispose(patience);
    } catch {
      // It failed to start, or ended already: what is left is the process.
    }
    const child = this.process();
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
    }
  }
}

function launch(options: SessionOptions, onExit: (how: string) => void): ChildProcessWithoutNullStreams {
  const child = spawn(options.program, ["--stdio", ...options.args], { stdio: "pipe", windowsHide: true });
  let ended = false;
  const end = (how: string): void => {
    if (!ended) {
      ended = true;
      onExit(how);
    }
  };
  child.on("error", (error) => {
    end(error.message);
  });
  child.on("exit", (code, signal) => {
    end(signal === null ? `status ${code ?? "unknown"}` : `signal ${signal}`);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    logLine(options.log, line);
  });
  return child;
}

function clientOptions(options: SessionOptions, stopping: () => boolean): LanguageClientOptions {
  return {
    documentSelector: [{ scheme: "file" }],
    outputChannel: options.log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: chosen(options.settings),
    // Whether and when it starts again is decided by the connection, which sees the process end.
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    initializationFailedHandler: () => false,
    middleware: {
      workspace: {
        // A client that is told to end would start a server again to send it something.
        didChangeConfiguration: async (sections, next) => {
          if (!stopping()) {
            await next(sections);
          }
        },
        configuration: (params) => params.items.map((item) => (item.section === "semantic" ? chosen(options.settings, item.scopeUri) : null)),
      },
    },
  };
}

/** Logs what the server printed. Its log comes by the protocol too, so here only what else it said matters. */
function logLine(log: vscode.LogOutputChannel, line: string): void {
  if (line.startsWith("time=")) {
    log.debug(line);
  } else {
    log.error(line);
  }
}

/** The settings that the server knows, without those of the extension itself, which it would report as unknown. */
function chosen(keys: readonly string[], scope?: string): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration(undefined, scope === undefined ? null : vscode.Uri.parse(scope));
  return Object.fromEntries(keys.map((key) => [key, configuration.get(key)]));
}

/** Tells the server what the extension does itself: run its commands, and show how far the indexing is. */
class Capabilities implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), commands: { commands: ownCommands } };
    capabilities.window = { ...capabilities.window, workDoneProgress: false };
  }

  initialize(): void {
    // Nothing to set up: everything was said.
  }

  getState(): FeatureState {
    return { kind: "static" };
  }

  clear(): void {
    // Nothing was set up.
  }
}

/** The error itself, after the time in which a process that closed its output should have ended. */
function later(error: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000, error);
  });
}

async function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the server did not ${what} within ${milliseconds / 1000} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
