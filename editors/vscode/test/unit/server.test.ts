import assert from "node:assert/strict";
import test from "node:test";

import { Backoff, attempts, steady } from "../../src/server/backoff";
import { SetupError, type Surroundings, locate } from "../../src/server/locate";
import { checkProtocol, readVersion } from "../../src/server/version";

function surroundings(programs: readonly string[], given: Partial<Surroundings> = {}): Surroundings {
  return {
    setting: "",
    folder: "/w",
    home: "/home/me",
    extension: "/ext",
    platform: "linux",
    env: { PATH: "/usr/bin:relative:/opt/bin" },
    isProgram: (file) => programs.includes(file),
    ...given,
  };
}

test("the server is looked for in order", () => {
  const everywhere = ["/mine/lsp", "/ext/server/lsp", "/opt/bin/lsp"];
  assert.deepEqual(locate(surroundings(everywhere, { setting: "/mine/lsp" })), { program: "/mine/lsp", source: "setting" });
  assert.deepEqual(locate(surroundings(everywhere)), { program: "/ext/server/lsp", source: "bundled" });
  assert.deepEqual(locate(surroundings(["/opt/bin/lsp", "relative/lsp"])), { program: "/opt/bin/lsp", source: "PATH" });
});

test("paths in the setting are expanded", () => {
  for (const [setting, program] of [
    ["bin/lsp", "/w/bin/lsp"],
    ["${workspaceFolder}/lsp", "/w/lsp"],
    ["~/go/bin/lsp", "/home/me/go/bin/lsp"],
    ["${userHome}/lsp", "/home/me/lsp"],
    ["  /a/../b/lsp ", "/b/lsp"],
  ] as const) {
    assert.equal(locate(surroundings([program], { setting })).program, program);
  }
  assert.equal(locate(surroundings(["/home/me/lsp"], { setting: "lsp", folder: undefined })).program, "/home/me/lsp");
});

test("on Windows", () => {
  const windows = { platform: "win32", extension: "C:\\ext", home: "C:\\me", folder: "C:\\w", env: { Path: "C:\\a;D:\\b" } } as const;
  assert.equal(locate(surroundings(["D:\\b\\lsp.exe"], windows)).program, "D:\\b\\lsp.exe");
  assert.equal(locate(surroundings(["C:\\me\\lsp.exe"], { ...windows, setting: "~\\lsp.exe" })).program, "C:\\me\\lsp.exe");
});

test("a missing server is an error that says what to do", () => {
  assert.throws(() => locate(surroundings([])), /go install .*semantic\.server\.path/u);
  assert.throws(() => locate(surroundings([], { env: {} })), SetupError);
  // A setting that leads nowhere is not passed over, for the one in its place may be of another version.
  assert.throws(() => locate(surroundings(["/ext/server/lsp"], { setting: "/gone" })), /\/gone, which the setting .* does not exist/u);
});

test("versions", () => {
  const good = { code: 0, timedOut: false, stdout: '{"version":"v1","model":"m","more":1}', stderr: "" };
  assert.deepEqual(readVersion("lsp", good), { version: "v1", model: "m", cgo: true });
  assert.equal(readVersion("lsp", { ...good, stdout: '{"version":"v1","model":"m","cgo":false}' }).cgo, false);
  for (const [ended, message] of [
    [{ ...good, stdout: "lsp 1.0" }, /another program/u],
    [{ ...good, stdout: "[]" }, /another program/u],
    [{ ...good, stdout: "null" }, /another program/u],
    [{ ...good, stdout: '{"version":1,"model":"m"}' }, /another program/u],
    [{ ...good, code: 3, stderr: "unknown command\nusage" }, /gave no answer of ours \(unknown command\)/u],
    [{ ...good, code: null }, /status unknown/u],
    [{ ...good, timedOut: true }, /did not tell its version within 10 s/u],
    [{ ...good, failure: "spawn EACCES" }, /cannot be run: spawn EACCES/u],
  ] as const) {
    assert.throws(() => readVersion("lsp", ended), message);
  }
});

test("protocols", () => {
  checkProtocol({ version: 1 });
  assert.throws(() => {
    checkProtocol({ version: 0 });
  }, /update the server/u);
  assert.throws(() => {
    checkProtocol({ version: 2 });
  }, /update the extension/u);
  for (const other of [undefined, null, {}, { version: "1" }]) {
    assert.throws(() => {
      checkProtocol(other);
    }, /does not offer semantic search/u);
  }
});

test("crashes in a row are followed by starts that come later each time, and then by none", () => {
  const backoff = new Backoff();
  const delays: number[] = [];
  for (let now = 0; ; now += 10) {
    backoff.started(now);
    const verdict = backoff.crashed(now + 5);
    if (!verdict.restart) {
      assert.equal(verdict.crashes, attempts + 1);
      break;
    }
    delays.push(verdict.delay);
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000]);
  backoff.forgive();
  assert.equal(backoff.crashed(1000).restart, true);
});

test("a crash after steady work counts as the first", () => {
  const backoff = new Backoff();
  backoff.started(0);
  backoff.crashed(1);
  backoff.started(2);
  assert.deepEqual(backoff.crashed(2 + steady), { restart: true, delay: 500, attempt: 1 });
});
