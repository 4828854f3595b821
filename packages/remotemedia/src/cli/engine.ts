import type { Manifest } from "@remotemedia/core";
import { loadNodes, optionalPackage } from "../optional-nodes.ts";
import { Pipeline } from "../pipeline.ts";
import { defineCommand } from "./command.ts";
import { installNeeds } from "./install-needs.ts";
import { printLine } from "./terminal.ts";

/** `remotemedia engine` */
export const engine = defineCommand({
  usage: "SOCKET",
  description: "Runs pipelines for the program that started it, which connects to a Unix socket at SOCKET. Ends with its standard input.",
  operands: [1, 1],
  options: {},
  examples: ["remotemedia engine /run/user/1000/remotemedia/engine"],
  async run({ operands }) {
    const { protocolVersion, serveEngine } = await optionalPackage("@remotemedia/python", () => import("@remotemedia/python"));
    const server = await serveEngine(operands[0] as string, async (manifest) => {
      await loadNodes((manifest as Manifest).nodes);
      await installNeeds(manifest as Manifest);
      return Pipeline.fromManifest(manifest);
    });
    // The program knows that it may connect, and this process never outlives it.
    printLine(`ready ${protocolVersion}`);
    process.stdin.resume();
    await new Promise((resolve) => process.stdin.once("end", resolve).once("error", resolve));
    server.close();
    process.exit(0);
  },
});
