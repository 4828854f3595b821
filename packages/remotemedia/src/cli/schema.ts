import { manifestSchema } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";
import { defineCommand } from "./command.ts";
import { printLine } from "./terminal.ts";

/** `remotemedia schema` */
export const schema = defineCommand({
  usage: "[TYPE]",
  description: "Prints the JSON Schema of manifests, or of the parameters of a node, for editors and other tools.",
  operands: [0, 1],
  options: {},
  examples: ["remotemedia schema > manifest.v1.json", "remotemedia schema resample"],
  async run({ operands: [type] }) {
    printLine(JSON.stringify(type === undefined ? manifestSchema : nodejsHost.registry.get(type).params, null, 2));
    return undefined;
  },
});
