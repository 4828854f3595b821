/**
 * The constants of an ONNX file by name, those of its branches too. Only what weights need of the format: protobuf messages `ModelProto.graph` (field 7),
 * `GraphProto.node` (1), `NodeProto.output` (2) and `attribute` (5), `AttributeProto.t` (5) and `g` (6), `TensorProto.data_type` (2) and `raw_data` (9).
 */
import { errors } from "@remotemedia/core";

type Field = readonly [number: number, value: number | Uint8Array];

const float32 = 1;

/**
 * Reads the constants whose elements are f32.
 *
 * @throws `package-invalid` when the bytes are no protobuf
 */
export function readWeights(file: Uint8Array): ReadonlyMap<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  const visitGraph = (graph: Uint8Array): void => {
    for (const node of messages(graph, 1)) {
      const name = new TextDecoder().decode(messages(node, 2)[0]);
      for (const attribute of messages(node, 5)) {
        for (const tensor of messages(attribute, 5)) {
          const raw = messages(tensor, 9)[0];
          const isFloat = fieldsOf(tensor).some(([number, value]) => number === 2 && value === float32);
          if (raw !== undefined && isFloat) weights.set(name, new Float32Array(new Uint8Array(raw).buffer));
        }
        for (const branch of messages(attribute, 6)) visitGraph(branch);
      }
    }
  };
  for (const graph of messages(file, 7)) visitGraph(graph);
  return weights;
}

const messages = (bytes: Uint8Array, wanted: number): readonly Uint8Array[] =>
  fieldsOf(bytes).flatMap(([number, value]) => (number === wanted && typeof value !== "number" ? [value] : []));

function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    for (let result = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw errors.packageInvalid({ message: "the model is no ONNX file" });
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
  };
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw errors.packageInvalid({ message: "the model ends within a message" });
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key % 8;
    const value = wire === 0 ? varint() : take(wire === 2 ? varint() : wire === 5 ? 4 : 8);
    fields.push([Math.floor(key / 8), value]);
  }
  return fields;
}
