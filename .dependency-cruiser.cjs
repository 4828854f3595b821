// Imports go downward only, never inside a row, and only through a package's front door. The table is the one of docs/architecture.md.
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const rows = [
  ["core"],
  ["kernels", "codecs", "protocol", "packaging"],
  ["nodes", "sandbox", "python", "transport-[^/]+"],
  ["speech"],
  ["server", "browser", "fleet"],
  ["remotemedia", "studio"],
];

const tests = "(\\.test\\.ts$|/test/)";
const manifests = readdirSync(join(__dirname, "packages"))
  .map((folder) => ({ folder, file: join(__dirname, "packages", folder, "package.json") }))
  .filter(({ file }) => existsSync(file))
  .map(({ folder, file }) => ({ ...JSON.parse(readFileSync(file, "utf8")), folder }));

const exactly = (file) => `^${file.replaceAll(".", "\\.")}$`;
/** The source files that a package declares as entrances: every `@remotemedia/source` of its exports. */
const frontDoors = manifests.flatMap(({ folder, exports = {} }) =>
  Object.values(exports)
    .map((target) => target["@remotemedia/source"])
    .filter((source) => typeof source === "string")
    .map((source) => exactly(join("packages", folder, source))),
);
/** What Node.js starts directly: commands, and worker threads, which no import names. */
const programs = [
  ...manifests.flatMap(({ folder, bin = {} }) =>
    Object.values(typeof bin === "string" ? { bin } : bin).map((file) =>
      exactly(join("packages", folder, file.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts"))),
    ),
  ),
  "-worker\\.ts$",
];

const downwardOnly = rows.map((row, index) => ({
  name: `downward-only-row-${index}`,
  comment: `Row ${index} (${row.join(", ")}) may import only from the rows below it.`,
  severity: "error",
  from: { path: `^packages/(${row.join("|")})/` },
  to: { path: `^packages/(${rows.slice(index).flat().join("|")})/`, pathNot: "^packages/$1/" },
}));

module.exports = {
  forbidden: [
    ...downwardOnly,
    {
      name: "front-door-only",
      comment: "Another package is imported by its name, through what its package.json exports.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/", pathNot: ["^packages/$1/", ...frontDoors] },
    },
    {
      name: "known-package",
      comment: "A new package gets its row in the table first.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${[...rows.flat(), "conformance"].join("|")})/` },
      to: {},
    },
    {
      name: "conformance-in-tests-only",
      severity: "error",
      from: { path: "^packages/", pathNot: [tests, "^packages/conformance/"] },
      to: { path: "^packages/conformance/" },
    },
    {
      name: "conformance-knows-core-only",
      comment: "A suite takes a factory: it must not know the implementations that it proves.",
      severity: "error",
      from: { path: "^packages/conformance/src/", pathNot: tests },
      to: { path: "^packages/", pathNot: "^packages/(conformance|core)/" },
    },
    {
      name: "core-stands-alone",
      comment: "Core's only dependency at run time is the JSON Schema validator; json-schema-to-ts gives it types.",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: tests },
      to: { pathNot: ["^packages/core/src/", "^node_modules/(@cfworker/json-schema|json-schema-to-ts)/"] },
    },
    {
      name: "core-takes-types-only",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: tests },
      to: { path: "^node_modules/json-schema-to-ts/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "packages-stay-inside",
      comment: "Sources of a package do not reach into the repository's own tooling, tests or examples.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: tests },
      to: { path: "^(scripts|test|examples|benchmarks|docs)/" },
    },
    {
      name: "no-cycle",
      comment: "Of what runs. Types may know each other: the compiler erases them, and two halves of one contract often must.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "An import that cannot be resolved is one that none of the other rules sees.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "/generated/" },
    },
    {
      name: "used",
      comment: "Reachable from no front door and from no command: code that nothing uses goes.",
      severity: "error",
      from: { path: [...frontDoors, ...programs] },
      to: { path: "^packages/[^/]+/src/", pathNot: [tests, ...frontDoors, ...programs], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/(dist|assembly|scripts)/" },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    // Without the source condition, imports across packages resolve to dist, or to nothing before the first build, and no rule sees them.
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@remotemedia/source", "types", "node", "import", "default"],
      extensions: [".ts", ".js", ".mjs", ".d.ts"],
    },
  },
};
