/** Text or data to a manifest. Nothing of the input is ever merged into an object with a prototype, so keys cannot pollute one. */
import { errors } from "../errors.ts";
import { parseLaunchLine } from "./launch-line.ts";
import type { Manifest } from "./manifest.ts";

/** A manifest, and the input that came with it where the earlier SDK's `{manifest, input_data}` was given. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  readonly inputData?: unknown;
}

// Far above what anybody writes, far below what makes JSON.parse or the validator run out of stack or memory.
const maxManifestLength = 16 * 1024 * 1024;
const maxDepth = 64;

/**
 * Reads a manifest: JSON text, a one-line launch description, or the parsed value. The shape `{manifest, input_data}` is unwrapped.
 * What it gives may still have faults: `validateManifest` finds them.
 *
 * @throws `manifest-invalid` when the text is not JSON, is longer than 16 MiB, or nests deeper than 64 levels.
 * @example parseManifest("file-source path=a.wav ! resample sample_rate=16000 ! vad").manifest
 */
export function parseManifest(source: string | object): ParsedManifest {
  const value = typeof source === "string" ? parseText(source) : source;
  if (depthOf(value) > maxDepth)
    throw errors.manifestInvalid({ message: "the manifest nests too deep", expected: `at most ${maxDepth} levels` });
  const isWrapped = typeof value === "object" && value !== null && "manifest" in value && !("nodes" in value);
  if (!isWrapped) return { manifest: value as Manifest };
  const { manifest, input_data } = value as { manifest: string | object; input_data?: unknown };
  return { ...parseManifest(manifest), ...(input_data !== undefined && { inputData: input_data }) };
}

function parseText(text: string): unknown {
  if (text.length > maxManifestLength) {
    throw errors.manifestInvalid({ message: `the manifest is ${text.length} characters long`, expected: `at most ${maxManifestLength}` });
  }
  if (!/^\s*[[{]/.test(text)) return parseLaunchLine(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.manifestInvalid({ message: `the manifest is not JSON: ${(cause as Error).message}`, cause });
  }
}

/** Levels of nesting, without recursion: a hostile value may nest a million deep. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  while (level.length > 0 && depth <= maxDepth) {
    // Each only once: aliases of a YAML file share parts, and what is shared on every level doubles with each.
    level = [...new Set(level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : [])))];
    depth++;
  }
  return depth;
}
