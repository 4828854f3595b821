/** The thread in which flite speaks. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { serveCalls } from "../inference/serve-calls.ts";
import { FliteProgram, type FliteRequest } from "./flite-program.ts";

const { folder } = workerData as { readonly folder: string };
let program: FliteProgram | undefined;

serveCalls(
  async (request: FliteRequest) => {
    program ??= await FliteProgram.compile(await readFile(join(folder, "flite.wasm")));
    return program.speak(request);
  },
  (samples) => [samples.buffer as ArrayBuffer],
);
