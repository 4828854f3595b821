import { errors } from "@remotemedia/core";

/**
 * Loads a package that is installed only where it is needed.
 *
 * @throws `host-unsupported` with the line that installs it.
 */
export async function optionalPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(name)) throw cause;
    throw errors.hostUnsupported({ message: `this needs the package ${name}`, fix: `npm install ${name}`, cause });
  }
}
