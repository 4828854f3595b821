// The registry of files that are made from code and kept in git: each with its path and a function that gives its text.
// A value that a package does not export is an error and not an empty file.

import { markdownTable } from "./markdown-table.mjs";
import { nodesPage } from "./nodes-page.mjs";
import { pythonNodes } from "./python-nodes.mjs";

const source = async (name, value) => {
  const exported = (await import(name))[value];
  if (exported === undefined) throw new Error(`${name} exports no ${value}; build it first`);
  return exported;
};

async function errorsPage() {
  const catalogue = await source("@remotemedia/core", "errorCatalogue");
  const entries = Object.entries(catalogue).sort(([a], [b]) => (a < b ? -1 : 1));
  const meanings = entries.map(([code, { summary, fix }]) => [`\`${code}\``, summary, fix]);
  const elsewhere = entries.map(([code, { httpStatus, grpcStatus, exitCode, pythonException, retryable }]) => [
    `\`${code}\``,
    httpStatus,
    grpcStatus,
    exitCode,
    `\`${pythonException}\``,
    retryable ? "yes" : "no",
  ]);
  return `# Error codes

<!-- Made by scripts/generate.mjs from packages/core/src/errors.ts: do not edit. -->

Every error carries one code of this closed set, the node and port where it happened, what was expected and what came, what to do about it,
and its cause. The advice below is what an error says where the place it happened at knows nothing better.

${markdownTable(["Code", "What happened", "What to do"], meanings)}

The same codes elsewhere. A retryable error may pass when the same call is made again.

${markdownTable(["Code", "HTTP", "gRPC", "Exit code", "Python", "Retryable"], elsewhere)}
`;
}

async function manifestSchemaFile() {
  return `${JSON.stringify(await source("@remotemedia/core", "manifestSchema"), null, 2)}\n`;
}

const definitionsOf = async (...origins) => {
  const nodes = await Promise.all(origins.map(([name, value]) => source(name, value)));
  return nodes.flatMap((some) => some.map(({ definition }) => definition));
};
const builtIn = [
  ["@remotemedia/nodes", "builtInNodes"],
  ["@remotemedia/nodes/nodejs", "nodejsNodes"],
];

const builtInNodesPage = async () => nodesPage(await definitionsOf(...builtIn));

const pythonClasses = async () => pythonNodes(await definitionsOf(...builtIn, ["@remotemedia/speech", "speechNodes"]));

export const generatedFiles = [
  { path: "docs/errors.md", render: errorsPage },
  { path: "docs/nodes.md", render: builtInNodesPage },
  { path: "docs/schema/manifest.v1.json", render: manifestSchemaFile },
  { path: "clients/python/src/remotemedia/nodes/runtime.py", render: pythonClasses },
];
