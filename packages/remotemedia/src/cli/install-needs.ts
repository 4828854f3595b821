import type { Manifest } from "@remotemedia/core";
import { optionalPackage } from "../optional-nodes.ts";
import { installFor } from "./models.ts";
import { note } from "./terminal.ts";

/**
 * Fetches what the nodes of a manifest need and what is not there, before anything starts and its deadline counts: models of speech, and what Python nodes
 * have pip install. Says on standard error what it does.
 */
export async function installNeeds(manifest: Manifest, signal?: AbortSignal): Promise<void> {
  await installFor(manifest, signal);
  if (!manifest.nodes.some(({ params, python_deps = params?.["python_deps"] }) => python_deps !== undefined)) return;
  const { installPythonDeps } = await optionalPackage("@remotemedia/python", () => import("@remotemedia/python"));
  await installPythonDeps(manifest.nodes, { tell: note, showsProgress: true, signal });
}
