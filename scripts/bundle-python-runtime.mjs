// What the Python package has beside Python, in a wheel as in a checkout: the runtime in one file, which starts faster than the packages that it is made
// of, and the nodes of speech with what they load, as npm would lay them out beside it.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { bundling } from "./bundle-commands.mjs";
import { root } from "./steps.mjs";

const place = join(root, "clients/python/src/remotemedia/_runtime");
const runtime = `${place}.${process.pid}`;
const modules = join(runtime, "node_modules");
const manifestOf = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
const { version } = manifestOf("packages/remotemedia");

/** The version is read from a file that is not there. */
const versionInside = {
  name: "version",
  setup: ({ onLoad }) =>
    onLoad({ filter: /remotemedia\/src\/version\.ts$/ }, () => ({ contents: `export const version = ${JSON.stringify(version)};` })),
};

/** Packages of others, with the files that Node.js loads of them; types and source maps are for nobody here. */
const others = {
  "@echogarden/rnnoise-wasm": ["rnnoise.js", "rnnoise.wasm", "COPYING"],
  "llama-tokenizer-js": ["llama-tokenizer.js", "LICENSE.md"],
  "onnxruntime-common": ["dist/esm"],
  "onnxruntime-web": ["dist/ort.node.min.mjs", "dist/ort-wasm-simd-threaded.mjs", "dist/ort-wasm-simd-threaded.wasm"],
};

/** Bundles from the sources, as the commands are. */
export async function bundlePythonRuntime() {
  await bundleRuntime();
  await bundleSpeech();
  // Else the package.json of whoever's project the environment lies in would say what language this is.
  writeFileSync(join(runtime, "package.json"), JSON.stringify({ type: "module" }));
  for (const [name, files] of Object.entries(others)) copyPackage(name, files);
  // Made beside and renamed: a program may be running it.
  rmSync(place, { recursive: true, force: true });
  renameSync(runtime, place);
  return true;
}

// koffi is native code, for one kind of machine each: it is used where it is installed, and frames go through the socket where it is not.
const bundleRuntime = () =>
  build({
    ...bundling,
    entryPoints: ["packages/remotemedia/src/remotemedia.ts"],
    outfile: join(runtime, "remotemedia.js"),
    plugins: [versionInside],
    external: ["@remotemedia/server", "@remotemedia/speech", "@remotemedia/transport-webrtc", "koffi"],
  });

/** Its workers are files of their own, one folder below the package's as they are in the sources. */
async function bundleSpeech() {
  const folder = join(modules, "@remotemedia/speech");
  await build({
    ...bundling,
    entryPoints: {
      "main/index": "packages/speech/src/index.ts",
      "asr/moonshine-worker": "packages/speech/src/asr/moonshine-worker.ts",
      "tts/flite-worker": "packages/speech/src/tts/flite-worker.ts",
    },
    outdir: folder,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    external: Object.keys(others),
  });
  const { name, type, license } = manifestOf("packages/speech");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version, type, license, exports: "./main/index.js" }));
}

function copyPackage(name, files) {
  const [from, to] = [join(root, "node_modules", name), join(modules, name)];
  for (const file of ["package.json", ...files]) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
  }
}
