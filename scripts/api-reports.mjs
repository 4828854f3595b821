// Compares what each package exports with docs/api/PACKAGE.api.md, which is in git so that a changed signature shows in the diff.
//   node scripts/api-reports.mjs           fails when a report is stale
//   node scripts/api-reports.mjs --local   writes the reports (npm run api)
// Runs on the built declarations. A sub-path other than `./internal` gets a report of its own: PACKAGE.SUB-PATH.api.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { packages } from "./packages.mjs";
import { root } from "./steps.mjs";

const withReports = ["core", "protocol", "codecs", "kernels", "nodes", "python", "speech", "transport-webrtc", "server", "remotemedia"];
const written = join(root, "temp/api");
const localBuild = process.argv.includes("--local");

// Consumers' resolution, that is without the source condition: a report shows what a user's compiler sees.
const overrideTsconfig = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable", "WebWorker"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    strict: true,
    skipLibCheck: true,
  },
};

/** The reports of one package: name of the report and the declarations it is made from. */
function reportsOf({ folder, manifest: { exports = {} } }) {
  return Object.entries(exports)
    .filter(([path, { types }]) => path !== "./internal" && types)
    .map(([path, { types }]) => ({
      folder,
      name: basename(folder) + path.slice(1).replaceAll("/", "."),
      declarations: join(folder, types),
    }));
}

function isUpToDate({ folder, name, declarations }) {
  if (!existsSync(declarations)) {
    console.error(`${name}: ${relative(root, declarations)} is missing; run npm run build`);
    return false;
  }
  const extractorConfig = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      compiler: { overrideTsconfig },
      newlineKind: "lf",
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: written,
        reportTempFolder: join(written, "temp"),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // Release tags and TSDoc's own grammar are not our habit; test/docs.test.ts holds the comments.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  mkdirSync(join(written, "temp"), { recursive: true });
  const { succeeded } = Extractor.invoke(extractorConfig, { localBuild: true, messageCallback: print });
  return succeeded && isAsKept(name);
}

/** Compares a report with the one in git, or puts it there. */
function isAsKept(name) {
  const report = inOrder(readFileSync(join(written, `${name}.api.md`), "utf8"));
  const kept = join(root, "docs/api", `${name}.api.md`);
  // An inferred property of several lines may move as a whole.
  if (existsSync(kept) && linesOf(readFileSync(kept, "utf8")) === linesOf(report)) return true;
  if (localBuild) writeFileSync(kept, report);
  console.log(`${name}: ${localBuild ? "written" : `docs/api/${name}.api.md is stale; run npm run api and look at its diff`}`);
  return localBuild;
}

/** The compiler writes unions and inferred properties in the order in which it met them, which an incremental build changes. */
function inOrder(report) {
  return report
    .replace(/"[^"\n]*"(?: \| "[^"\n]*")+/g, (union) => union.split(" | ").sort().join(" | "))
    .replace(/(?:^\s*(?:readonly )?[\w$]+\?: [^\n]*;\n)+/gm, (lines) => `${lines.trimEnd().split("\n").sort().join("\n")}\n`);
}

const linesOf = (report) => report.split("\n").sort().join("\n");

/** Says only what is wrong: api-extractor's own progress is noise in a check, and its advice names files of other setups. */
function print(message) {
  message.handled = true;
  if (message.logLevel === ExtractorLogLevel.Error) console.error(message.formatMessageWithLocation(root));
}

const hasReports = ({ folder }) => withReports.includes(basename(folder)) && existsSync(join(folder, "src/index.ts"));
const reports = packages.filter(hasReports).flatMap(reportsOf);
const results = reports.map(isUpToDate);
process.exitCode = results.every(Boolean) ? 0 : 1;
