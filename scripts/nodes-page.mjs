// docs/nodes.md: what every built-in node is for, its ports, its parameters and what it touches, from the declarations themselves.
import { markdownTable } from "./markdown-table.mjs";

const code = (value) => `\`${value}\``;

/** A media constraint in words: `audio f32-planar 16000 Hz`. */
function media({ kind, ...rest }) {
  const details = Object.values(rest).map((value) => (typeof value === "object" ? JSON.stringify(value) : value));
  return [kind, ...details].join(" ");
}

function port(port) {
  if (Array.isArray(port)) return port.map(media).join(" or ");
  if (!("sameAs" in port)) return media(port);
  return `as ${code(port.sameAs)}${port.but ? ` but ${media({ kind: "", ...port.but }).trim()}` : ""}`;
}

const ports = (all) =>
  Object.entries(all)
    .map(([name, declared]) => `${code(name)}: ${port(declared)}`)
    .join("; ") || "none";

/** What a parameter may be: its enumeration, or its type with its bounds. */
function values({ type, enum: choices, minimum, maximum, exclusiveMinimum, items }) {
  if (choices) return choices.map(code).join(", ");
  const name = type === "array" && items?.type ? `array of ${items.type}` : [type].flat().join(" or ");
  if (minimum !== undefined && maximum !== undefined) return `${name}, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${name}, at least ${minimum}`;
  if (exclusiveMinimum !== undefined) return `${name}, more than ${exclusiveMinimum}`;
  return maximum === undefined ? name : `${name}, at most ${maximum}`;
}

function params({ properties = {}, required = [] }) {
  const rows = Object.entries(properties).map(([name, schema]) => [
    code(name),
    values(schema),
    required.includes(name) ? "required" : schema.default === undefined ? "" : code(JSON.stringify(schema.default)),
    schema.description ?? "",
  ]);
  return rows.length === 0 ? "No parameters." : markdownTable(["Parameter", "Values", "Default", ""], rows);
}

function section(definition) {
  const { type, description, inputs, outputs, requires, answers, aliasOf } = definition;
  const facts = [
    `Inputs: ${ports(inputs)}`,
    `Outputs: ${ports(outputs)}`,
    requires.length > 0 && `Requires: ${requires.map(code).join(", ")}`,
    answers && "Answers: what comes from it is dropped when its turn is over",
    aliasOf && `Another name for ${code(aliasOf)}`,
  ].filter(Boolean);
  const head = [`## ${type}`, description, facts.map((fact) => `- ${fact}`).join("\n")].filter(Boolean);
  return `${[...head, params(definition.params)].join("\n\n")}\n`;
}

/** @param {Iterable<import("@remotemedia/core").NodeDefinition>} definitions */
export function nodesPage(definitions) {
  const sorted = [...definitions].sort((a, b) => (a.type < b.type ? -1 : 1));
  const isAlias = ({ aliasOf }) => aliasOf !== undefined;
  // The names of the earlier SDK last: who does not know them need not read them.
  const inOrder = [...sorted.filter((node) => !isAlias(node)), ...sorted.filter(isAlias)];
  return `# Built-in nodes

<!-- Made by scripts/generate.mjs from packages/nodes: do not edit. -->

Parameters are written here as in a manifest; TypeScript takes them in camelCase.

${inOrder.map(section).join("\n")}`;
}
