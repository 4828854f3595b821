/**
 * Parameters: JSON Schema literals as the one source of types, validation, documentation and the published schema. In schemas and
 * manifests they are snake_case, in TypeScript camelCase; the keys of free-form maps are never touched.
 */

import { Validator } from "@cfworker/json-schema";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import type { Fault } from "../errors.ts";
import type { JsonValue } from "../frame/frame.ts";

/** A plain JSON Schema of an object. */
export type ParamsSchema = JSONSchema & { readonly type: "object" };

/** snake_case keys as camelCase, through arrays and declared objects. */
export type Camelized<T> = T extends readonly (infer Item)[]
  ? readonly Camelized<Item>[]
  : T extends object
    ? [DeclaredKey<T>] extends [never]
      ? T
      : { [K in keyof T as K extends DeclaredKey<T> & string ? Camel<K> : never]: Camelized<T[K]> }
    : T;
// Objects without `additionalProperties: false` have an index signature beside their keys; only free-form maps have nothing else.
type DeclaredKey<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 1 } & keyof T;
type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** What a node gets: defaults applied, camelCase. */
export type ParamsOf<S> = S extends JSONSchema ? Camelized<FromSchema<S>> : Record<never, never>;
/** What an author writes: defaults may be left out, camelCase. */
export type ParamsInput<S> = S extends JSONSchema
  ? Camelized<FromSchema<S, { keepDefaultedPropertiesOptional: true }>>
  : Record<never, never>;

type Json = { readonly [key: string]: JsonValue };
type SchemaNode = {
  readonly type?: string | readonly string[];
  readonly properties?: Record<string, SchemaNode>;
  readonly items?: SchemaNode;
  readonly default?: JsonValue;
};

const camelKey = (key: string): string => key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snakeKey = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** snake_case parameters as a node gets them. */
export const toCamelCase = (params: JsonValue, schema: ParamsSchema): Json =>
  rename(params, schema as SchemaNode, camelKey, (key) => key) as Json;

/** What an author wrote as a manifest says it. */
export function toSnakeCase(params: unknown, schema: ParamsSchema): Json {
  return rename(params as JsonValue, schema as SchemaNode, (key) => key, camelKey) as Json;
}

// `write` names a declared key in the result; `read` is how the input spells it. Undeclared keys of a schema with properties are
// author's mistakes and go through, so that validation can name them; a schema without properties is a free-form map.
function rename(value: JsonValue, schema: SchemaNode, write: (key: string) => string, read: (key: string) => string): JsonValue {
  if (Array.isArray(value))
    return schema.items === undefined ? value : value.map((item) => rename(item, schema.items as SchemaNode, write, read));
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const declared = new Map(Object.keys(schema.properties).map((key) => [read(key), key]));
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([key, item]) => {
      const name = declared.get(key) ?? (read === camelKey ? snakeKey(key) : key);
      const known = Object.hasOwn(schema.properties as object, name);
      return [write(name), known ? rename(item, schema.properties?.[name] as SchemaNode, write, read) : item];
    }),
  );
}

/** The parameters with the schema's defaults filled in, at every depth. */
export function applyDefaults(params: JsonValue | undefined, schema: ParamsSchema): Json {
  return fill(params ?? {}, schema as SchemaNode) as Json;
}

function fill(value: JsonValue, schema: SchemaNode): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value) || schema.properties === undefined) return value;
  const filled: Record<string, JsonValue> = { ...(value as Json) };
  for (const [key, child] of Object.entries(schema.properties)) {
    const given = Object.hasOwn(filled, key) ? filled[key] : child.default;
    if (given !== undefined) filled[key] = fill(given, child);
  }
  return filled;
}

// Preparing a schema takes longer than validating with it, and schemas are literals that live as long as their node type.
const validators = new WeakMap<object, Validator>();

function validatorFor(schema: JSONSchema): Validator {
  const known = validators.get(schema as object);
  if (known !== undefined) return known;
  const validator = new Validator(schema as never, "2020-12", false);
  validators.set(schema as object, validator);
  return validator;
}

/** Every place where a value breaks a JSON Schema; pointers start with `pointer`. */
export function validateAgainst(schema: JSONSchema, value: unknown, pointer: string): readonly Fault[] {
  const { errors } = validatorFor(schema).validate(value);
  // The validator names every schema on the way to a fault; only the innermost ones say what is wrong.
  const leaves = errors.filter(
    ({ keyword }) => !["properties", "items", "additionalProperties", "anyOf", "oneOf", "allOf", "$ref"].includes(keyword),
  );
  return leaves.map(({ instanceLocation, error }) => ({
    code: "params-invalid",
    pointer: pointer + instanceLocation.replace(/^#/, ""),
    message: plainly(error, instanceLocation),
  }));
}

/** The validator's words for people who do not know its schema; they name the value, because a message may stand alone. */
function plainly(error: string, location: string): string {
  const name = location === "#" ? "the value" : `"${location.slice(location.lastIndexOf("/") + 1)}"`;
  if (error === "False boolean schema.") return `${name} is not known here`;
  const [, missing] = /^Instance does not have required property (".*")\.$/.exec(error) ?? [];
  if (missing !== undefined) return `${missing} is missing`;
  const [, is, wanted] = /^Instance type "(.*)" is invalid\. Expected "(.*)"\.$/.exec(error) ?? [];
  if (wanted !== undefined) return `${name} is ${is} and must be ${wanted.replaceAll('", "', " or ")}`;
  return `${name}: ${error.replace(/^(Instance|Property) /, "").replace(/\.$/, "")}`;
}
