import type { ExplainedEdge, ExplainedNode, Explanation } from "@remotemedia/core";
import { defineCommand } from "./command.ts";
import { hostFor } from "./host.ts";
import { pipelineOptions, prepare } from "./prepare.ts";
import { printLine } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** `remotemedia explain` */
export const explain = defineCommand({
  usage: "MANIFEST|'LAUNCH LINE' [options]",
  description: "Shows what a pipeline would do: formats on its edges, converters that are put in, what runs each node, and delays.",
  operands: [1, 1],
  options: { ...pipelineOptions, live: { type: "boolean", help: "As a live session, not as a batch" } },
  examples: ["remotemedia explain 'file-source path=in.wav ! vad ! file-sink path=out.wav'", "remotemedia explain 'vad' -i in.wav --json"],
  async run({ options, operands }) {
    const { pipeline } = await prepare(operands[0] as string, options, { host: hostFor(options) });
    const explanation = await pipeline.explain(options.live === true ? "live" : "batch");
    printLine(options.json === true ? JSON.stringify(explanation) : describe(explanation));
    return undefined;
  },
});

function describe({ nodes, edges, outputs, latency, warnings }: Explanation): string {
  const sections = [
    ["nodes", textTable(nodes.map(nodeRow))],
    ["edges", edges.map(edgeLines).join("\n")],
    ["outputs", outputs.map((name) => `  ${name}`).join("\n")],
    ["delay", latency.paths.map(({ path, latencyUs }) => `  ${(latencyUs / 1000).toFixed(1)} ms  ${path.join(" → ")}`).join("\n")],
    [
      "warnings",
      warnings.map(({ pointer, message, fix }) => `  ${pointer || "/"}: ${message}${fix === undefined ? "" : ` (${fix})`}`).join("\n"),
    ],
  ];
  return sections.flatMap(([title, text]) => (text === "" ? [] : [`${title}\n${text}`])).join("\n");
}

const nodeRow = ({ id, type, runtime, params }: ExplainedNode): readonly string[] => [`  ${id}`, type, runtime, assignments(params)];

function edgeLines({ edge, format, converters, queue }: ExplainedEdge): string {
  const lines = [
    `  ${edge}  ${format ?? "known with the first frame"}  (${Number.isFinite(queue.size) ? `at most ${queue.size} frames wait` : "all frames may wait"}, then ${queue.policy})`,
  ];
  for (const { type, params, runtime } of converters) lines.push(`    + ${type} ${assignments(params)} (${runtime})`);
  return lines.join("\n");
}

const assignments = (params: ExplainedNode["params"]): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
