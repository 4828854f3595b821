import { any, defineNode, errors, type JsonValue, jsonFrame, type Kernels, type NodeContext, sameAs } from "@remotemedia/core";

const operations = ["add", "subtract", "multiply", "divide", "power", "modulo"] as const;
type Operation = (typeof operations)[number];

/**
 * Arithmetic on JSON frames. With `operation` it is applied to numbers, and to those in arrays; everything else goes through. Without,
 * the frame names it: `{operation, args}` gives `{operation, args, result, processed_by, node_config}`.
 */
export const calculate = defineNode({
  type: "calculate",
  description: "Arithmetic on numbers in JSON.",
  inputs: { in: any() },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      operation: {
        type: "string",
        enum: operations,
        description: "What is done with every number. Default: what the frame's `operation` says, to its `args` from left to right.",
      },
      operand: { type: "number", default: 0, description: "The right-hand side." },
    },
  },
  create: ({ operation, operand }) => {
    let context: NodeContext;
    const compute = (name: Operation, a: number, b: number) => {
      if (b === 0 && (name === "divide" || name === "modulo")) {
        throw errors.nodeFailed({
          node: context.nodeId,
          message: "Division by zero",
          received: `${a} ${name} 0`,
          fix: "Send another divisor.",
        });
      }
      return arithmetic[name](a, b, context.kernels);
    };
    const apply = (name: Operation, value: JsonValue): JsonValue => {
      if (typeof value === "number") return compute(name, value, operand);
      return Array.isArray(value) ? value.map((item: JsonValue) => apply(name, item)) : value;
    };
    const answer = (value: JsonValue): JsonValue => {
      const call = readCall(value);
      if (call === undefined) return value;
      const result = call.args.slice(1).reduce((left, right) => compute(call.operation, left, right), call.args[0] ?? 0);
      return { operation: call.operation, args: call.args, result, processed_by: `CalculatorNode[${context.nodeId}]`, node_config: {} };
    };
    return {
      start(of) {
        context = of;
      },
      process(frame, _port, out) {
        if (frame.kind !== "json") return out.emit("out", frame);
        const value = operation === undefined ? answer(frame.value) : apply(operation, frame.value);
        return out.emit("out", jsonFrame(value, { timestamp: frame.timestamp, duration: frame.duration, flags: frame.flags }));
      },
    };
  },
});

function readCall(value: JsonValue): { readonly operation: Operation; readonly args: readonly number[] } | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "operation")) return undefined;
  const { operation, args } = value as { readonly operation: Operation; readonly args?: readonly number[] };
  if (operations.includes(operation) && Array.isArray(args) && args.length > 0 && args.every((arg) => typeof arg === "number"))
    return { operation, args };
  throw errors.nodeFailed({
    message: "this cannot be calculated",
    expected: `{operation: ${operations.join(" | ")}, args: numbers}`,
    received: JSON.stringify(value),
    fix: "Send an operation that exists, and at least one number.",
  });
}

const arithmetic: Readonly<Record<Operation, (a: number, b: number, kernels: Kernels) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b, kernels) => (Number.isInteger(b) ? wholePower(a, b) : kernels.exp(b * kernels.log(a))),
  // The sign of the divisor, as in Python.
  modulo: (a, b) => a - Math.floor(a / b) * b,
};

/** By squaring: exact for whole numbers as long as they fit. */
function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return exponent < 0 ? 1 / result : result;
}
