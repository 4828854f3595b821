import type { Log } from "@remotemedia/core";
import { destination, type LevelWithSilent, pino } from "pino";

/** How much a log says. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LevelWithSilent[];

/**
 * A log of JSON lines, as collectors of logs read them, on standard error.
 *
 * @param fd where it goes. Default 2.
 */
export function jsonLog(level: (typeof logLevels)[number] = "info", fd = 2): Log {
  // Nothing of this is logged anywhere; should somebody's node do it, it stays here.
  const secrets = ["token", "sdp", "authorization", "credential", "text", "candidate"];
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: secrets }, destination({ fd, sync: true }));
  const write =
    (level: "debug" | "info" | "warn" | "error"): Log["info"] =>
    (message, details = {}) =>
      logger[level](details, message);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
