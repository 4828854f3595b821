import { defineNode, event, type JsonValue, json, text, textFrame } from "@remotemedia/core";
import { contentOf, valueAt } from "./path.ts";

/** Makes text out of JSON, text and events. */
export const template = defineNode({
  type: "template",
  description: "Makes text out of JSON, text and events by filling in a template.",
  inputs: { in: [json(), text(), event()] },
  outputs: { out: text() },
  params: {
    type: "object",
    additionalProperties: false,
    required: ["template"],
    properties: {
      template: {
        type: "string",
        description:
          "Text with places {{path}}: a path leads into the JSON value (user.name, items.0), {{text}} and {{final}} are those of text, {{name}} and {{value}} of an event, {{.}} is the whole. What is not there is left empty.",
      },
    },
  },
  create: (params) => ({
    process(frame, _port, out) {
      const value = contentOf(frame);
      const filled = params.template.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, path: string) => written(valueAt(value, path)));
      const final = frame.kind === "text" ? frame.final : true;
      return out.emit("out", textFrame(filled, { timestamp: frame.timestamp, duration: frame.duration, flags: frame.flags, final }));
    },
  }),
});

const written = (value: JsonValue | undefined): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
