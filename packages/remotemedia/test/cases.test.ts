import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Frame, type InputValue, nodejsHost, Pipeline, parseManifest, quietLog, type RemoteMediaError } from "../src/index.ts";

const folder = join(import.meta.dirname, "cases");
const host = { ...nodejsHost, log: quietLog(() => undefined) };

interface ExpectedError {
  readonly code: string;
  readonly node?: string;
  /** JSON pointers, sorted. */
  readonly faults?: readonly string[];
  /** A part of the advice. */
  readonly fix?: string;
}

const read = <T>(name: string, file: string): T | undefined => {
  const path = join(folder, name, `${file}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
};

/** What the command line and the Python client print: a result of its own for each value. */
const run = async (name: string): Promise<unknown> => {
  const { manifest, inputData } = parseManifest(read<object>(name, "manifest") ?? {});
  const { outputs } = await Pipeline.fromManifest(manifest, host).run(read<InputValue>(name, "input") ?? (inputData as InputValue));
  return Object.values(outputs).flat().map(plain);
};

const plain = (frame: Frame): unknown => (frame.kind === "json" ? frame.value : frame.kind === "text" ? frame.text : frame);

describe("graphs as data: manifest and input give the result or the error beside them", () => {
  it.each(readdirSync(folder))("%s", async (name) => {
    const expected = read<ExpectedError>(name, "error");
    if (expected === undefined) return expect(await run(name)).toEqual(read(name, "expected"));
    const error = await run(name).then(
      (result) => expect.fail(`gave ${JSON.stringify(result)}`),
      (thrown: RemoteMediaError) => thrown,
    );
    const { code, node, faults = [], fix = "" } = expected;
    expect(error.code, String(error)).toBe(code);
    expect(error.faults.map(({ pointer }) => pointer).sort()).toEqual(faults);
    if (node !== undefined) expect(error.node).toBe(node);
    expect(`${error.fix} ${error.faults.map((fault) => fault.fix).join(" ")}`).toContain(fix);
  });
});
