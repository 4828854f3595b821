import { workerData } from "node:worker_threads";

// By its address: there is nothing to resolve before the package is built.
const { serveCalls } = await import(new URL("../../dist/inference/serve-calls.js", import.meta.url).href);

let calls = 0;

/** Does what it is asked to. */
serveCalls(
  async ({ does, ms = 0 }) => {
    calls++;
    if (does === "exit") process.exit(3);
    if (does === "throw") throw new Error("it would not");
    if (does === "crash") setImmediate(() => Promise.reject(new Error("out of order")));
    if (does === "crash" || does === "hang") await new Promise(() => setInterval(() => undefined, 1_000));
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { does, calls, data: workerData, samples: new Float32Array(4) };
  },
  ({ samples }) => [samples.buffer],
);
