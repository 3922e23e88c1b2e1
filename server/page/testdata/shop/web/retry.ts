/** Wait for some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Try a request again with a growing pause until it succeeds. */
export async function retry<T>(request: () => Promise<T>, times: number): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await request();
    } catch (fault) {
      if (n >= times) throw fault;
      await pause(100 * 2 ** n);
    }
  }
}

/** Fetch a document and read it as JSON. */
export async function fetchJSON(address: string): Promise<unknown> {
  const response = await fetch(address);
  return response.json();
}
