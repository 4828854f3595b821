/** The thread that recognizes, for all sessions of the process. */
import { workerData } from "node:worker_threads";
import { serveCalls } from "../inference/serve-calls.ts";
import { Moonshine, type MoonshineSize } from "./moonshine.ts";

const { folder, name } = workerData as { readonly folder: string; readonly name: `moonshine-${MoonshineSize}` };
const size = name.slice("moonshine-".length) as MoonshineSize;
let loading: Promise<Moonshine> | undefined;

serveCalls(async (samples: Float32Array, isGivenUp) => {
  loading ??= Moonshine.load(folder, size);
  return (await loading).recognize(samples, isGivenUp);
});
