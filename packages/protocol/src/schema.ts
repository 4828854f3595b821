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
export type Scalar = "uint32" | "uint64" | "sint64" | "bool" | "string" | "bytes";
/** `optional` fields know whether they were given; the others are left out at 0, "" and empty. */
export type Rule = "optional" | "repeated";

interface Field {
  readonly number: number;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the record type of a nested schema is known to its own table only
  readonly type: Scalar | Schema<any>;
  readonly rule: Rule | undefined;
}

/** A record type. */
export interface Schema<T extends object> {
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
  /** A record as it is read where nothing was written; a function, because copies of a large object are slow. */
  readonly empty: () => T;
}

// Few things come in lists (dimensions, planes, tracks): a bound keeps an empty element of two bytes from becoming an object 8 million times.
const maxRepeated = 256;
const maxUint32 = 2 ** 32 - 1;

/** A record type from rows of number, name, type and rule, in ascending order, and from what an empty one is. */
export function schema<T extends object>(
  rows: readonly (readonly [number, keyof T & string, Field["type"], Rule?])[],
  empty: () => T,
): Schema<T> {
  const fields = rows.map(([number, name, type, rule]) => ({ number, name, type, rule }));
  const byNumber: Field[] = [];
  for (const field of fields) byNumber[field.number] = field;
  return { fields, byNumber, empty };
}

/** Writes a record before what the writer holds. */
export function writeRecord<T extends object>(writer: WireWriter, { fields }: Schema<T>, record: T): void {
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
