import { installModel, listModels } from "../src/models/index.ts";

const mayFetch = process.env["CI"] === "true" || process.env["REMOTEMEDIA_TEST_INSTALL"] === "1";

/**
 * Whether a test that needs these models can run. Where tests may fetch, they are installed and it can.
 *
 * @example describe.skipIf(!(await hasModels("flite")))("flite", () => …)
 */
export async function hasModels(...names: readonly string[]): Promise<boolean> {
  if (mayFetch) for (const name of names) await installModel(name);
  const installed = (await listModels()).filter(({ state }) => state === "installed").map(({ name }) => name);
  return names.every((name) => installed.includes(name));
}
