/** Manifest v1: the graph as data. The JSON Schema literal is the source; the types are inferred from it and the published schema is it. */
import type { FromSchema, JSONSchema } from "json-schema-to-ts";

const endpoint = { type: "string", minLength: 1, description: "`id`, or `id.port`; an omitted port is the first declared" } as const;

const queueSchema = {
  type: "object",
  description: "How much may wait on this edge, and what happens when it is full",
  properties: {
    size: { type: "integer", minimum: 1, maximum: 1_000_000, description: "frames; default 64 in batch, 32 live" },
    bytes: { type: "integer", minimum: 1, description: "default 32 MiB" },
    policy: { enum: ["block", "drop-oldest", "drop-newest", "latest"], description: "default block, or drop-oldest behind a live source" },
    max_age_ms: { type: "number", exclusiveMinimum: 0, description: "older media is dropped; default 500 behind a live source" },
  },
} as const satisfies JSONSchema;

const onErrorSchema = {
  type: "object",
  description: "What happens when the node fails",
  properties: {
    retry: {
      type: "object",
      properties: {
        attempts: { type: "integer", minimum: 1, maximum: 20 },
        base_ms: { type: "number", minimum: 0, description: "doubles with each attempt; default 100" },
      },
      required: ["attempts"],
    },
    action: { enum: ["stop", "skip", "bypass"], description: "default stop in batch; live bypass where the formats allow it, else skip" },
    timeout_ms: { type: "number", exclusiveMinimum: 0, description: "between emits; default 30,000 live, none in batch" },
  },
} as const satisfies JSONSchema;

const nodeSchema = {
  type: "object",
  properties: {
    id: { type: "string", minLength: 1, maxLength: 255 },
    node_type: { type: "string", minLength: 1, description: "`remotemedia nodes list` shows them" },
    params: { type: ["object", "null"], description: "`remotemedia nodes info TYPE` shows them" },
    runtime_hint: {
      enum: ["auto", "wasm", "native", "rust", "js", "python", "cpython", "cpython_wasm", "rust_python"],
      description: "what shall run it; default auto",
    },
    is_streaming: { type: "boolean" },
    answers: { type: "boolean", description: "of a Python node: it speaks to the user, and what it says goes stale on an interruption" },
    python_deps: { type: "array", items: { type: "string" }, description: "what pip installs for a Python node" },
    is_output_node: { type: "boolean", description: "alias of an entry in `outputs`" },
    host: { type: "string" },
    capabilities: { type: "object", description: "hardware that the node wants" },
    execution: {
      type: "object",
      properties: {
        placement: { type: "string" },
        fallback: { type: ["string", "array"], description: "`none`: fail rather than run another way" },
      },
    },
    inputs: {
      type: "object",
      description: "by port",
      additionalProperties: {
        type: "object",
        properties: {
          sync: { enum: ["any", "timestamp", "all"] },
          tolerance_us: { type: "number", minimum: 0 },
          keep_stale: { type: "boolean", description: "gets frames of answers that are over, too" },
        },
      },
    },
    on_error: onErrorSchema,
    package: { type: "string" },
    grants: { type: "object" },
  },
  required: ["id", "node_type"],
} as const satisfies JSONSchema;

/** The published JSON Schema of manifest v1 (`docs/schema/manifest.v1.json`). */
export const manifestSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://remotemedia.dev/schemas/manifest.v1.json",
  title: "RemoteMedia pipeline manifest, version 1",
  type: "object",
  properties: {
    version: { const: "v1" },
    metadata: {
      type: "object",
      properties: {
        name: { type: "string", maxLength: 255 },
        description: { type: "string" },
        created_at: { type: "string" },
        auto_negotiate: { type: "boolean", description: "insert converters where formats do not meet; default true" },
      },
    },
    nodes: { type: "array", minItems: 1, maxItems: 10_000, items: nodeSchema },
    connections: {
      type: "array",
      maxItems: 100_000,
      items: { type: "object", properties: { from: endpoint, to: endpoint, queue: queueSchema }, required: ["from", "to"] },
    },
    outputs: { type: "array", items: endpoint, description: "what leaves the session; default: the nodes that nothing follows" },
    interrupt_on: { type: "array", items: { type: "string", description: "`id.port:event-name`" } },
  },
  required: ["version", "nodes"],
} as const satisfies JSONSchema;

/** A manifest as it is written. Unknown fields are kept. */
export type Manifest = FromSchema<typeof manifestSchema>;
/** One node of a manifest. */
export type ManifestNode = FromSchema<typeof nodeSchema>;
/** One connection of a manifest. */
export type ManifestConnection = NonNullable<Manifest["connections"]>[number];
/** Bounds of an edge as a manifest says them. */
export type ManifestQueue = FromSchema<typeof queueSchema>;
/** `on_error` of a node as a manifest says it. */
export type ManifestOnError = FromSchema<typeof onErrorSchema>;
/** What shall run a node. */
export type RuntimeHint = NonNullable<ManifestNode["runtime_hint"]>;
