import { existsSync } from "node:fs";
import { errors, nearest, type RemoteMediaError } from "@remotemedia/core";
import { commands } from "./commands.ts";

/** What somebody probably wanted who called a command that there is not: a file, a launch line, a node type, or a command near it. */
export async function unknownCommand(name: string): Promise<RemoteMediaError> {
  const near = nearest(name, Object.keys(commands));
  const fix = (await asPipeline(name)) ?? (near !== undefined ? `Did you mean "remotemedia ${near}"?` : "See remotemedia --help.");
  return errors.usage({ message: `there is no command "${name}"`, fix });
}

async function asPipeline(name: string): Promise<string | undefined> {
  if (/[!{]|\.json$/.test(name) || existsSync(name)) return `Say what to do with it: remotemedia run '${name}'`;
  const { nodejsHost } = await import("../nodejs-host.ts");
  if (nodejsHost.registry.find(name) === undefined) return undefined;
  return `It is a node type. See remotemedia nodes info ${name}, or run it: remotemedia run '${name}'`;
}
