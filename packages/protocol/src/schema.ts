/**
 * The protobuf encoding by tables: a record type is a list of fields, and writing and reading are two loops over it. `remotemedia.proto`
 * says the same for others; a test compares the two.
 *
 * Unlike protobuf's own parsers a message field that comes twice is not merged, the last one counts, and a known field of another wire
 * type is an error.
 */
import { malformed } from "./malformed.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Types of fields; enumerations are `uint32`. */
type Scalar = "uint32" | "uint64" | "sint64" | "bool" | "string" | "bytes";

interface Field {
  readonly number: number;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the record type of a nested schema is known to its own table only
  readonly type: Scalar | Schema<any>;
  /** `optional` fields know whether they were given; the others are left out at 0, "" and empty. */
  readonly rule: "optional" | "repeated" | undefined;
}

/** A record type. */
export interface Schema<T extends object> {
  /** In ascending order. */
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
  /** What is read where nothing was written; optional fields and records are left out. */
  readonly empty: () => T;
}

// Few things come in lists (dimensions, planes, tracks): a bound keeps an empty element of two bytes from becoming an object 8 million times.
const maxRepeated = 256;
const maxUint32 = 2 ** 32 - 1;
const zero = { uint32: 0, uint64: 0, sint64: 0, bool: false, string: "", bytes: new Uint8Array() };

/**
 * A record type from its fields: name and type each, numbered from 1 unless a number is given; `?` is optional, `*` repeated.
 *
 * @param records the types that are no scalars, by name
 * @param empty makes what is read where nothing was written, for records that are many
 * @example schema<Cut>("key string?, value sint64?, data bytes=100")
 */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function schema<T extends object>(fields: string, records: Readonly<Record<string, Schema<any>>> = {}, empty?: () => T): Schema<T> {
  return schemaOf(
    (fields === "" ? [] : fields.split(", ")).map((field, index) => {
      const [, name = "", type = "", mark, number = index + 1] = /^(\w+) (\w+)([?*])?(?:=(\d+))?$/.exec(field) ?? [];
      const rule = mark === "?" ? "optional" : mark === "*" ? "repeated" : undefined;
      return { number: Number(number), name, type: records[type] ?? (type as Scalar), rule };
    }),
    empty,
  );
}

/** A record type of some of the fields of another, under the same numbers. */
export const partOf = <T extends object>({ fields, empty }: Schema<T>, names: readonly (keyof T)[]): Schema<T> =>
  schemaOf(
    fields.filter(({ name }) => names.includes(name as keyof T)),
    empty,
  );

function schemaOf<T extends object>(fields: readonly Field[], empty?: () => T): Schema<T> {
  const byNumber: Field[] = [];
  for (const field of fields) byNumber[field.number] = field;
  const plain = fields.filter(({ type, rule }) => rule === "repeated" || (rule === undefined && typeof type === "string"));
  const defaults: Record<string, unknown> = {};
  for (const { name, type, rule } of plain) defaults[name] = rule === undefined ? zero[type as Scalar] : [];
  return { fields, byNumber, empty: empty ?? (() => ({ ...defaults }) as T) };
}

/** Writes a record before what the writer holds. */
function writeRecord<T extends object>(writer: WireWriter, { fields }: Schema<T>, record: T): void {
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index]!;
    const value = (record as Record<string, unknown>)[field.name];
    if (value === undefined || (field.rule === undefined && isDefault(value))) continue;
    if (field.rule === "repeated") writeRepeated(writer, field, value as readonly unknown[]);
    else writeField(writer, field, value);
  }
}

/** A record as bytes of its own. */
export function bytesOfRecord<T extends object>(type: Schema<T>, record: T, capacity = 256): Uint8Array {
  const writer = new WireWriter(capacity);
  writeRecord(writer, type, record);
  return writer.written;
}

/** Reads a whole record; fields that the table does not have are passed. @throws `media-invalid` */
export function readRecord<T extends object>({ byNumber, empty }: Schema<T>, bytes: Uint8Array): T {
  const reader = new WireReader(bytes);
  const record = empty() as Record<string, unknown>;
  while (!reader.isAtEnd) {
    const tag = reader.unsigned(maxUint32);
    if (tag < 8) throw malformed("a field has the number 0");
    const field = byNumber[tag >>> 3];
    const wireType = tag & 7;
    if (field === undefined) reader.skip(wireType);
    else if (field.rule === "repeated") record[field.name] = readRepeated(reader, field, wireType, record[field.name] as unknown[]);
    else record[field.name] = readField(reader, field, wireType);
  }
  return record as T;
}

const isDefault = (value: unknown): boolean =>
  value === 0 || value === "" || value === false || (value instanceof Uint8Array && value.length === 0);

const isVarint = (type: Field["type"]): boolean => type === "uint32" || type === "uint64" || type === "sint64" || type === "bool";

function writeField(writer: WireWriter, { number, type }: Field, value: unknown): void {
  writeValue(writer, type, value);
  writer.unsigned(number * 8 + (isVarint(type) ? 0 : 2), maxUint32);
}

function writeValue(writer: WireWriter, type: Field["type"], value: unknown): void {
  if (type === "uint32") writer.unsigned(value as number, maxUint32);
  else if (type === "uint64") writer.unsigned(value as number, Number.MAX_SAFE_INTEGER);
  else if (type === "sint64") writer.signed(value as number);
  else if (type === "bool") writer.unsigned(value === true ? 1 : 0, 1);
  else if (type === "string") writer.string(value as string);
  else if (type === "bytes") writer.bytes(value as Uint8Array);
  else {
    const before = writer.length;
    writeRecord(writer, type, value as object);
    writer.unsigned(writer.length - before, maxUint32);
  }
}

/** Numbers are packed into one field; everything else is one field each. */
function writeRepeated(writer: WireWriter, field: Field, values: readonly unknown[]): void {
  if (values.length > maxRepeated) throw malformed(`${field.name} has more than ${maxRepeated} elements`);
  if (values.length === 0) return;
  const before = writer.length;
  for (const value of values.toReversed()) {
    if (isVarint(field.type)) writeValue(writer, field.type, value);
    else writeField(writer, field, value);
  }
  if (!isVarint(field.type)) return;
  writer.unsigned(writer.length - before, maxUint32);
  writer.unsigned(field.number * 8 + 2, maxUint32);
}

function readField(reader: WireReader, { name, type }: Field, wireType: number): unknown {
  if (wireType !== (isVarint(type) ? 0 : 2)) throw malformed(`${name} has the wrong wire type`, String(wireType));
  return readValue(reader, type);
}

function readValue(reader: WireReader, type: Field["type"]): unknown {
  if (type === "uint32") return reader.unsigned(maxUint32);
  if (type === "uint64") return reader.unsigned(Number.MAX_SAFE_INTEGER);
  if (type === "sint64") return reader.signed();
  if (type === "bool") return reader.unsigned(maxUint32) !== 0;
  if (type === "string") return reader.string();
  if (type === "bytes") return reader.bytes();
  return readRecord(type, reader.bytes());
}

/** Numbers may come packed or one by one. */
function readRepeated(reader: WireReader, field: Field, wireType: number, earlier: readonly unknown[]): unknown[] {
  const values = [...earlier];
  if (wireType === 2 && isVarint(field.type)) {
    const packed = new WireReader(reader.bytes());
    while (!packed.isAtEnd && values.length <= maxRepeated) values.push(readValue(packed, field.type));
  } else values.push(readField(reader, field, wireType));
  if (values.length > maxRepeated) throw malformed(`${field.name} has more than ${maxRepeated} elements`);
  return values;
}
