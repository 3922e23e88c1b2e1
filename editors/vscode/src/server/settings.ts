// Generated from server/settings by "go test ./server/settings -update". Do not edit.

/** Settings of the server that count when it starts. All others reach it while it runs. */
export const atStart: readonly string[] = ["encoderFile", "rerank", "cacheDir", "index.watch", "client.summaries"];
