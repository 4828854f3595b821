/**
 * `npm run bench`: RemoteMedia beside its peers, in one run; writes the page that is asked for: `docs/benchmarks.md`, or that of `live`, `speech` or `python`.
 *
 *   node benchmarks/run.mjs [live | speech | python] [--quick] [--only NAME,NAME] [--minutes N] [--output FILE | --print]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeEnvironment, load } from "./lib/environment.mjs";
import { buildNativePeers } from "./lib/native-peers.mjs";
import { PAGES } from "./lib/pages.mjs";
import { renderReport } from "./lib/report.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const QUIET_LOAD = 0.5;
const ROUNDS = { full: 15, quick: 3 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    print: { type: "boolean", default: false },
    output: { type: "string" },
    minutes: { type: "string", default: "1" },
  },
});
const page = PAGES[positionals[0] ?? "batch"];
if (page === undefined) throw new Error(`no page "${positionals[0]}"; there are: ${Object.keys(PAGES).join(", ")}`);

installDependencies();
spawnSync(process.execPath, [resolve(HERE, "install-peers.mjs")], { stdio: "inherit" });
const native = buildNativePeers();
try {
  const text = renderReport(page, await measure());
  if (options.print) console.log(text);
  else write(text);
} finally {
  native.remove();
}

async function measure() {
  const startedMs = performance.now();
  const loads = [load()];
  if (Number(loads[0]) > QUIET_LOAD) console.error(`load ${loads[0]}: other programs are running, the figures will be rough`);
  const suites = [];
  for (const name of options.only?.split(",") ?? page.suites) {
    const { run } = await import(`./suites/${name}/index.mjs`);
    const progress = (step) => console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${name}: ${step}`);
    const rounds = options.quick ? ROUNDS.quick : ROUNDS.full;
    suites.push(await run({ native, rounds, quick: options.quick, minutes: Number(options.minutes), progress }));
  }
  loads.push(load());
  const verdicts = suites.flatMap((suite) => suite.verdicts);
  for (const { bar, measured, met } of verdicts) console.error(`${met === undefined ? "  ? " : met ? " ok " : "MISS"} ${bar}: ${measured}`);
  return { environment: describeEnvironment(), loads, suites, seconds: (performance.now() - startedMs) / 1000 };
}

/** The peers from npm live here and not in the workspace, so that nobody who builds the product installs them. */
function installDependencies() {
  if (["rxjs", "node-datachannel", "onnxruntime-node"].every((name) => existsSync(resolve(HERE, "node_modules", name)))) return;
  const { status } = spawnSync("npm", ["ci", "--silent"], { cwd: HERE, stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci failed in benchmarks/");
}

function write(text) {
  const output = options.output ?? resolve(HERE, page.output);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, text);
  console.error(`wrote ${output}`);
}
