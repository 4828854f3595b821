import { Socket } from "node:net";
import type { Manifest } from "@remotemedia/core";
import { loadNodes, optionalPackage } from "../optional-nodes.ts";
import { Pipeline } from "../pipeline.ts";
import { defineCommand } from "./command.ts";
import { installNeeds } from "./install-needs.ts";

/** `remotemedia engine` */
export const engine = defineCommand({
  usage: "SOCKET DESCRIPTOR",
  description:
    "Runs pipelines for the program that started it, which connects to a Unix socket at SOCKET, and holds the other end of the socket DESCRIPTOR while it lives.",
  operands: [2, 2],
  options: {},
  examples: ["remotemedia engine /run/user/1000/remotemedia/engine 3"],
  async run({ operands }) {
    const { protocolVersion, serveEngine } = await optionalPackage("@remotemedia/python", () => import("@remotemedia/python"));
    const server = await serveEngine(operands[0] as string, async (manifest) => {
      await loadNodes((manifest as Manifest).nodes);
      await installNeeds(manifest as Manifest);
      return Pipeline.fromManifest(manifest);
    });
    // The program knows that it may connect, and this process never outlives it. Standard input and output are those of its pipelines.
    const program = new Socket({ fd: Number(operands[1]) });
    program.write(`ready ${protocolVersion}\n`);
    program.resume();
    await new Promise((resolve) => program.once("close", resolve).on("error", resolve));
    server.close();
    process.exit(0);
  },
});
