// Records what the extension sends to the server in a session, for the tests of the server:
//
//   npm run transcript [-- --server FILE]        writes server/testdata/transcripts/vscode.txtar
//
// Then "go test ./server -run TestReplay -update" writes the answers.

import path from "node:path";

import { root, runProgram } from "./program.mjs";

await runProgram("transcript", path.join(root, "..", "..", "server", "testdata", "transcripts", "vscode.txtar"));
