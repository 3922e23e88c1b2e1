// Prints how long a key press takes to show in the list of results, in VS Code, over a large folder:
//
//   npm run latency [-- --server FILE] [FOLDER]     without a folder, Go's standard library
//                                                 without its commands: some 55,000 functions

import { runProgram } from "./program.mjs";

await runProgram("latency");
