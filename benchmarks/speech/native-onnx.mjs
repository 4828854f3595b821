/** `node --import ./native-onnx.mjs`: the native ONNX Runtime of this folder is there, as if the user had installed it beside the speech package. */
import { existsSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const entry = fileURLToPath(new URL("../node_modules/onnxruntime-node/dist/index.js", import.meta.url));
export const hasNativeOnnx = existsSync(entry);
const hook = `export const resolve = (name, context, next) => name === "onnxruntime-node" ? { url: ${JSON.stringify(pathToFileURL(entry).href)}, format: "commonjs", shortCircuit: true } : next(name, context);`;
if (hasNativeOnnx) register(`data:text/javascript,${encodeURIComponent(hook)}`);
