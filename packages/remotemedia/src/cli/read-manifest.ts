import { readFileSync } from "node:fs";
import { errors, isRemoteMediaError, nearest, type ParsedManifest, parseManifest, type RemoteMediaError } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";
import { isPythonCode, optionalTypes, packageOf } from "../optional-nodes.ts";

/**
 * The manifest that an operand names: a file, or the launch line itself.
 *
 * @throws `manifest-invalid`, `io-failed` or `usage` that say what is wrong with the file.
 */
export function readManifest(operand: string): ParsedManifest {
  const text = textOf(operand);
  if (text === undefined) return parseManifest(operand);
  if (text.includes("\0")) {
    const fix = `Give media as input: remotemedia run 'vad' -i ${operand}`;
    throw errors.usage({ message: `${operand} is no text, so it cannot be a manifest`, fix });
  }
  if (text.trim() === "")
    throw errors.manifestInvalid({ message: `${operand} is empty`, fix: "Write a manifest into it, or a launch line." });
  if (/\.json$/i.test(operand) && !/^\s*[[{]/.test(text)) {
    throw errors.manifestInvalid({ message: `${operand} is not a JSON object`, fix: "Write a manifest into it." });
  }
  try {
    return parseManifest(text);
  } catch (thrown) {
    throw isRemoteMediaError(thrown) ? located(thrown, operand, text) : thrown;
  }
}

/** The text of the file, or undefined where the operand is a launch line. */
function textOf(operand: string): string | undefined {
  if (/\.ya?ml$/i.test(operand)) {
    const fix = "Write it as JSON; YAML comes in a later version.";
    throw errors.usage({ message: `${operand}: YAML is not read in this version`, fix });
  }
  if (/\.py$/.test(operand)) return undefined;
  try {
    return readFileSync(operand, "utf8");
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "EISDIR") throw errors.usage({ message: `${operand} is a folder`, fix: "Name the manifest in it." });
    if (code !== "ENOENT" && code !== "ENAMETOOLONG" && code !== "ENOTDIR") {
      throw errors.ioFailed({ message: `cannot read ${operand}: ${code ?? String(thrown)}`, cause: thrown });
    }
    if (isLaunchLine(operand)) return undefined;
    throw nothingSuch(operand);
  }
}

function nothingSuch(operand: string): RemoteMediaError {
  const isPath = /[/\\]|\.\w+$/.test(operand);
  const near = isPath ? undefined : nearest(operand, [...[...nodejsHost.registry].map(({ type }) => type), ...optionalTypes]);
  return errors.usage({
    message: isPath ? `there is no file "${operand}"` : `"${operand}" is neither a file nor a node`,
    fix: near === undefined ? "Check the path. A launch line looks like 'file-source path=a.wav ! vad'." : `Did you mean "${near}"?`,
  });
}

function isLaunchLine(operand: string): boolean {
  if (/^\s*\{|\s!(\s|$)/.test(operand)) return true;
  const [first = ""] = operand.trim().split(/\s+/);
  return (
    nodejsHost.registry.find(first) !== undefined ||
    packageOf(first) !== undefined ||
    isPythonCode({ node_type: first }) ||
    (/\s/.test(operand) && !first.includes("/"))
  );
}

/** JSON.parse says where it gave up in characters; editors count lines. */
function located(error: RemoteMediaError, path: string, text: string): RemoteMediaError {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  const before = text.slice(0, Number(position ?? 0)).split("\n");
  const place = position === undefined ? path : `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  const { message, expected, received, cause } = error;
  const fix = cause instanceof SyntaxError ? "Mend the JSON there." : error.fix;
  return errors.manifestInvalid({ message: `${place}: ${message.replace(/\s+/g, " ")}`, fix, expected, received, cause });
}
