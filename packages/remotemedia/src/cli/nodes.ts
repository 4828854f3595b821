import { describePort, errors, type NodeDefinition } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";
import { loadNodes, optionalTypes } from "../optional-nodes.ts";
import { defineCommand } from "./command.ts";
import { printLine } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** `remotemedia nodes` */
export const nodes = defineCommand({
  usage: "[list | info TYPE] [options]",
  description: "Lists the node types that pipelines can name, or shows the ports and parameters of one.",
  operands: [0, 2],
  options: {},
  examples: ["remotemedia nodes list", "remotemedia nodes info resample", "remotemedia nodes info vad --json"],
  async run({ options, operands: [action = "list", type] }) {
    // A list that leaves out what is not installed is still a list.
    await loadNodes(type === undefined ? optionalTypes : [type]).catch((thrown: unknown) => {
      if (type !== undefined) throw thrown;
    });
    const asJson = options.json === true;
    if (action === "list" && type === undefined) printLine(asJson ? JSON.stringify(all().map(described)) : listText());
    else if (action === "info" && type !== undefined) printLine(infoOf(nodejsHost.registry.get(type), asJson));
    else
      throw errors.usage({
        message: "nodes wants to know what to show",
        expected: "remotemedia nodes list, or remotemedia nodes info TYPE",
        fix: type === undefined && nodejsHost.registry.find(action) !== undefined ? `remotemedia nodes info ${action}` : undefined,
      });
    return undefined;
  },
});

const all = (): readonly NodeDefinition[] => [...nodejsHost.registry].sort((a, b) => (a.type < b.type ? -1 : 1));

function listText(): string {
  const own = all().filter(({ aliasOf }) => aliasOf === undefined);
  const rows = own.map((node) => [node.type, shapeOf(node), node.description]);
  const aliases = all().filter(({ aliasOf }) => aliasOf !== undefined);
  return `${textTable(rows)}\n\nAlso under the names of the earlier SDK:\n${textTable(aliases.map(({ type, aliasOf }) => [type, `= ${aliasOf}`]))}`;
}

function shapeOf({ inputs, outputs }: NodeDefinition): string {
  if (Object.keys(inputs).length === 0) return "source";
  return Object.keys(outputs).length === 0 ? "sink" : "";
}

const described = ({ type, description, aliasOf, inputs, outputs, requires, answers, params }: NodeDefinition) => ({
  type,
  description,
  ...(aliasOf !== undefined && { alias_of: aliasOf }),
  inputs: ports(inputs),
  outputs: ports(outputs),
  requires,
  answers,
  params,
});

const ports = (side: NodeDefinition["inputs"] | NodeDefinition["outputs"]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(side).map(([name, port]) => [name, "sameAs" in port ? `same as ${port.sameAs}` : describePort(port)]));

function infoOf(node: NodeDefinition, asJson: boolean): string {
  if (asJson) return JSON.stringify(described(node));
  const facts = [
    ...portRows("in", node.inputs),
    ...portRows("out", node.outputs),
    ...(node.requires.length > 0 ? [["touches", "", node.requires.join(", ")]] : []),
  ];
  const name = node.aliasOf === undefined ? node.type : `${node.type} (= ${node.aliasOf})`;
  return [`${name}: ${node.description}`, textTable(facts), paramsText(node)].join("\n\n");
}

const portRows = (side: string, of: NodeDefinition["inputs"] | NodeDefinition["outputs"]): readonly string[][] =>
  Object.entries(ports(of)).map(([name, media]) => [side, name, media]);

interface ParamSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

function paramsText({ params }: NodeDefinition): string {
  const { properties = {}, required = [] } = params as { properties?: Record<string, ParamSchema>; required?: readonly string[] };
  const rows = Object.entries(properties).map(([name, schema]) => {
    const fallback =
      schema.default === undefined ? (required.includes(name) ? "required" : "") : `default ${JSON.stringify(schema.default)}`;
    return [`  ${name}`, valuesOf(schema), fallback, schema.description ?? ""];
  });
  return rows.length === 0 ? "No parameters." : `Parameters:\n${textTable(rows)}`;
}

function valuesOf({ enum: choices, type = "any", minimum, maximum }: ParamSchema): string {
  if (choices !== undefined) return choices.join("|");
  return minimum === undefined && maximum === undefined ? type : `${type} ${minimum ?? ""}…${maximum ?? ""}`;
}
