import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { frameSchema } from "../src/frame-record.ts";
import { messageParts, messageSchema } from "../src/message-record.ts";

const text = readFileSync(new URL("../remotemedia.proto", import.meta.url), "utf8");
const enumerations = [...text.matchAll(/^enum (\w+)/gm)].map(([, name]) => name);

/** Fields of a message in the published file as rows of number, name, type and rule. */
function published(message: string): unknown[] {
  const body = new RegExp(`^message ${message} \\{(.*?)\n?\\}`, "ms").exec(text)![1]!;
  return [...body.matchAll(/^ +(?:(optional|repeated) )?(map<.*>|\w+) (\w+) = (\d+);/gm)].map(([, rule, type, name, number]) => ({
    number: Number(number),
    name: name!.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    type: enumerations.includes(type) ? "uint32" : /^[a-z]\w*$/.test(type!) ? type : "record",
    rule: type!.startsWith("map") ? "repeated" : rule,
  }));
}

describe("remotemedia.proto", () => {
  it.each(Object.entries({ Frame: frameSchema, Message: messageSchema, ...messageParts }))(
    "says what is written: %s",
    (name, { fields }) => {
      const own = fields.map(({ type, ...rest }) => ({ ...rest, type: typeof type === "string" ? type : "record" }));
      expect(own).toEqual(published(name));
    },
  );
});
