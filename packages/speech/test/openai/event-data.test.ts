import { isRemoteMediaError } from "@remotemedia/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventData } from "../../src/openai/event-data.ts";

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function read(bytes: Uint8Array, lengths: readonly number[]): Promise<string[]> {
  const data: string[] = [];
  for await (const one of eventData(cut(bytes, lengths))) data.push(one);
  return data;
}

const bits = ["data: ", "data:", "data", "x", "é", "😀", "\r", "\n", "\r\n", "\n\n", ":", "event: a", "[DONE]", " "];
const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });

describe("The data of server-sent events", () => {
  it("are the lines of each event together", async () => {
    expect(await read(new TextEncoder().encode("\uFEFFdata: a\ndata:  b\n\ndata\n\n\n:c\nid: 1\n\ndata:last"), [1_000])).toEqual([
      "a\n b",
      "",
      "last",
    ]);
  });

  it("are the same however the bytes are cut", async () => {
    const streams = fc.array(fc.constantFrom(...bits)).map((parts) => new TextEncoder().encode(parts.join("")));
    await fc.assert(
      fc.asyncProperty(streams, lengths, async (bytes, how) => {
        expect(await read(bytes, how)).toEqual(await read(bytes, [1e6]));
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it("bear any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), lengths, async (bytes, how) => {
        await read(bytes, how);
      }),
      { seed: 4 },
    );
  });

  it("have a limit, whether they have line ends or not", async () => {
    for (const line of ["x", "data: x\n"]) {
      const error = await read(new TextEncoder().encode(line.repeat(300_000)), [10_000]).catch((thrown: unknown) => thrown);
      expect(isRemoteMediaError(error) && error.code).toBe("limit-exceeded");
    }
  });
});
