// clients/python/src/remotemedia/nodes/runtime.py: a Python class for every node of the runtime, from the declarations themselves.

/** Types that have a class already, by the name of the earlier SDK. */
const present = new Set(["pass-through", "Echo"]);
/** Types whose own name is that of another node of the earlier SDK. */
const renamed = { vad: "EnergyVADNode" };
const written = { vad: "VAD", asr: "ASR", tts: "TTS", openai: "OpenAI", pcm: "PCM" };
const width = 150;

const className = (type) =>
  renamed[type] ??
  `${type
    .split("-")
    .map((part) => written[part] ?? part[0].toUpperCase() + part.slice(1))
    .join("")}Node`;

/** A JSON value as Python writes it. */
function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `(${value.map((item) => `${literal(item)},`).join(" ")})`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

/** A schema as a type hint. */
function hint({ type, enum: choices, items }) {
  if (choices) return `Literal[${choices.map(literal).join(", ")}]`;
  if (Array.isArray(type)) return `Union[${type.map((one) => hint({ type: one, items })).join(", ")}]`;
  if (type === "array") return `Sequence[${items ? hint(items) : "Any"}]`;
  return { number: "float", integer: "int", boolean: "bool", string: "str", object: "Mapping[str, Any]", null: "None" }[type] ?? "Any";
}

function parameter([name, schema], isRequired) {
  if (isRequired) return `${name}: ${hint(schema)}`;
  return schema.default === undefined
    ? `${name}: Optional[${hint(schema)}] = None`
    : `${name}: ${hint(schema)} = ${literal(schema.default)}`;
}

/** Words in lines, each behind an indentation. */
function wrapped(words, first, rest = first) {
  const lines = [];
  let line = first;
  for (const word of words) {
    if (line.length + word.length > width) {
      lines.push(line.trimEnd());
      line = rest;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join("\n");
}

const wordsOf = (text) => text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"').split(/\s+/);

function classOf({ type, description, inputs, outputs, params: { properties = {}, required = [] } }) {
  const entries = Object.entries(properties);
  const ordered = [...entries.filter(([name]) => required.includes(name)), ...entries.filter(([name]) => !required.includes(name))];
  const signature = ["self", ...ordered.map((entry) => parameter(entry, required.includes(entry[0]))), "*", "name: Optional[str] = None"];
  const oneLine = `    def __init__(${signature.join(", ")}) -> None:`;
  const lines = wrapped(
    signature.map((part) => `${part},`),
    "        ",
  );
  const head = oneLine.length <= width ? oneLine : `    def __init__(\n${lines}\n    ) -> None:`;
  const told = ordered
    .filter(([, schema]) => schema.description)
    .map(([name, schema]) => wrapped(wordsOf(`${name}: ${schema.description}`), "    ", "        "));
  const ports = (all) => Object.keys(all).join(", ");
  const facts = [
    Object.keys(inputs).length > 1 && `Inputs: ${ports(inputs)}.`,
    Object.keys(outputs).length > 1 && `Outputs: ${ports(outputs)}.`,
  ].filter(Boolean);
  const text = wrapped(wordsOf([description, ...facts].join(" ")), "    ");
  return [
    `class ${className(type)}(_OfRuntime, node_type=${JSON.stringify(type)}):`,
    `    """`,
    text,
    ...(told.length > 0 ? ["", told.join("\n")] : []),
    `    """`,
    "",
    ...(ports(inputs) === "" ? ["    is_source = True", ""] : []),
    ...(ports(outputs) === "" ? ["    is_sink = True", ""] : []),
    head,
    "        super().__init__(name)",
  ].join("\n");
}

/** @param {Iterable<import("@remotemedia/core").NodeDefinition>} definitions */
export function pythonNodes(definitions) {
  const own = [...definitions]
    .filter(({ type, aliasOf }) => aliasOf === undefined && !present.has(type))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  const classes = own.map(classOf);
  const used = ["Any", "Dict", "Literal", "Mapping", "Optional", "Sequence", "Union"].filter(
    (name) => name === "Any" || name === "Dict" || classes.some((text) => new RegExp(`\\b${name}\\[`).test(text)),
  );
  return `"""
The nodes of the runtime, each with its parameters and their defaults. What they do is on the pages nodes.md and voice-agent.md of the documentation.

Made by scripts/generate.mjs from the declarations: do not edit.
"""
from __future__ import annotations

from typing import ${used.join(", ")}

from ..node import Node

__all__ = [
${wrapped(
  own.map(({ type }) => `${JSON.stringify(className(type))},`),
  "    ",
)}
]


class _OfRuntime(Node):
    def __init_subclass__(cls, node_type: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if node_type:
            cls._is_native, cls._node_type = True, node_type

    def _extract_params(self) -> Dict[str, Any]:
        return {key: value for key, value in super()._extract_params().items() if value is not None}


${classes.join("\n\n\n")}
`;
}
