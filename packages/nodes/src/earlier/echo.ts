import { any, defineNode, type JsonValue, json, jsonFrame } from "@remotemedia/core";
import { contentOf } from "../text/path.ts";

/** The earlier SDK's `Echo`: counts what comes. */
export const echo = defineNode({
  type: "Echo",
  description: "Gives {input, counter, node} for every frame, counting from 1.",
  inputs: { in: any() },
  outputs: { out: json() },
  create: () => {
    let counter = 0;
    return {
      process(frame, _port, out) {
        const input: JsonValue = frame.kind === "text" ? frame.text : (contentOf(frame) ?? null);
        counter++;
        return out.emit(
          "out",
          jsonFrame({ input, counter, node: "Echo" }, { timestamp: frame.timestamp, duration: frame.duration, flags: frame.flags }),
        );
      },
    };
  },
});
