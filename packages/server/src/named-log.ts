import type { Log } from "@remotemedia/core";

/** A log whose every line carries these details. */
export function namedLog(log: Log, names: Readonly<Record<string, string>>): Log {
  const named =
    (level: keyof Log): Log["info"] =>
    (message, details) =>
      log[level](message, { ...names, ...details });
  return { debug: named("debug"), info: named("info"), warn: named("warn"), error: named("error") };
}
