import type { Fault } from "@remotemedia/core";
import { validateManifest } from "../pipeline.ts";
import { defineCommand } from "./command.ts";
import { hostFor } from "./host.ts";
import { pipelineOptions, prepare } from "./prepare.ts";
import { printLine } from "./terminal.ts";

/** `remotemedia validate` */
export const validate = defineCommand({
  usage: "MANIFEST|'LAUNCH LINE' [options]",
  description: "Tells all faults and warnings of a manifest at once, without running anything. Exit code 2 if there are faults.",
  operands: [1, 1],
  options: pipelineOptions,
  examples: [
    "remotemedia validate pipeline.json",
    "remotemedia validate pipeline.json --json",
    "remotemedia validate 'file-source ! vad' -i in.wav",
  ],
  async run({ options, operands }) {
    const { manifest } = await prepare(operands[0] as string, options, { host: hostFor(options) });
    const { faults, warnings, graph } = validateManifest(manifest);
    const status = faults.length === 0 ? "valid" : "invalid";
    if (options.json === true) printLine(JSON.stringify({ status, faults, warnings }));
    else for (const line of [...faults.map(lineFor("fault")), ...warnings.map(lineFor("warning"))]) printLine(line);
    if (graph === undefined) return 2;
    if (options.json !== true) printLine(`${operands[0]}: valid, ${graph.nodes.length} nodes, ${graph.edges.length} connections`);
    return undefined;
  },
});

const lineFor =
  (kind: string) =>
  ({ code, pointer, message, fix }: Fault): string =>
    `${kind} ${pointer || "/"} ${code}: ${message}${fix === undefined ? "" : ` (${fix})`}`;
