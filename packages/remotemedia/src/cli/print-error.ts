import { errorCatalogue, type RemoteMediaError } from "@remotemedia/core";
import { note, printLine } from "./terminal.ts";

/** Tells an error: code, place, expectation and advice, or JSON. Gives the exit code. */
export function printError(error: RemoteMediaError, { asJson, withCause }: { asJson: boolean; withCause: boolean }): number {
  if (asJson) printLine(JSON.stringify({ status: "error", error }));
  else note(withCause ? String(error) : String(error).replace(/(?<=fix: Read the cause)/, " (--verbose)"));
  if (withCause && error.cause !== undefined) note(`  cause: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}`);
  return errorCatalogue[error.code].exitCode;
}
