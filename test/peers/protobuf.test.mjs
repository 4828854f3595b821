// The golden vectors of the protocol with Google's compiler: it reads every message by the published file, and writes the same bytes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../packages/protocol");
const protoc = (input, ...options) =>
  execFileSync("protoc", [`--proto_path=${folder}`, ...options, "remotemedia.proto"], { input, stdio: ["pipe", "pipe", "pipe"] });

const vectors = readFileSync(join(folder, "vectors/messages.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

describe("a message as protoc reads and writes it", () => {
  for (const { name, bytes } of vectors) {
    it(`has the same bytes: ${name}`, () => {
      const text = protoc(Buffer.from(bytes, "hex"), "--decode=remotemedia.v1.Message");
      // Fields that the file does not have would be named by their numbers.
      assert.doesNotMatch(text.toString(), /^\s*\d+[: ]/m);
      assert.equal(protoc(text, "--encode=remotemedia.v1.Message", "--deterministic_output").toString("hex"), bytes);
    });
  }
});
