import { readdirSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { errors, type Manifest } from "@remotemedia/core";
import { loadNodes, optionalPackage } from "../optional-nodes.ts";
import { Pipeline } from "../pipeline.ts";
import { defineCommand } from "./command.ts";
import { installNeeds } from "./install-needs.ts";

/** `remotemedia engine` */
export const engine = defineCommand({
  usage: "FOLDER DESCRIPTOR",
  description: "Runs pipelines for the program that connects to FOLDER/engine, as long as it holds the other end of the socket DESCRIPTOR.",
  operands: [2, 2],
  options: {},
  examples: ["remotemedia engine /run/user/1000/remotemedia 3"],
  async run({ operands }) {
    const [folder, descriptor] = operands as [string, string];
    if (readdirSync(folder).length > 0)
      throw errors.usage({ message: `${folder} is not empty`, fix: "Make one for this process: it is removed at the end." });
    const { protocolVersion, serveEngine } = await optionalPackage("@remotemedia/python", () => import("@remotemedia/python"));
    const server = await serveEngine(join(folder, "engine"), async (manifest) => {
      await loadNodes((manifest as Manifest).nodes);
      await installNeeds(manifest as Manifest);
      return Pipeline.fromManifest(manifest);
    });
    // The program knows that it may connect, and this process never outlives it. Standard input and output are those of its pipelines.
    const program = new Socket({ fd: Number(descriptor) });
    program.write(`ready ${protocolVersion}\n`);
    program.resume();
    await new Promise((resolve) => program.once("close", resolve).on("error", resolve));
    server.close();
    // Here and not by the program, which may have been killed.
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  },
});
