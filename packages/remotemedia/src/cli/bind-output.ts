import { extname } from "node:path";
import { errors, type Kernels } from "@remotemedia/core";
import { splitBinding } from "./bind-input.ts";
import type { Draft } from "./draft.ts";
import { Result } from "./results.ts";

/** Binds `-o` to the open ends of a pipeline: files become sinks of it; what is printed or written as JSON comes back as results. */
export function bindOutputs(draft: Draft, outputs: readonly string[], printsAtOnce: boolean, kernels: Kernels): readonly Result[] {
  const open = new Set(draft.openOutputs);
  const results: Result[] = [];
  for (const argument of outputs) {
    const { node, file } = splitBinding(argument, draft);
    const from = node ?? endOf(draft, [...open], isSound(file));
    open.delete(from);
    const result = bind(draft, from, file, printsAtOnce, kernels);
    if (result !== undefined) results.push(result);
  }
  for (const from of open) results.push(new Result(from, { print: printsAtOnce }));
  draft.closeOutputs();
  return results;
}

function bind(draft: Draft, from: string, file: string, printsAtOnce: boolean, kernels: Kernels): Result | undefined {
  if (draft.fileNode(from) !== undefined) draft.configure(from, { path: file });
  else if (file === "-") return new Result(from, { print: printsAtOnce, pcm: kernels });
  else if (extname(file).toLowerCase() === ".json") return new Result(from, { file });
  else draft.drain(from, /\.(raw|pcm)$/i.test(file) ? "pcm-sink" : "file-sink", { path: file });
  return undefined;
}

const isSound = (file: string): boolean => /\.(wav|raw|pcm)$/i.test(file);

function endOf(draft: Draft, open: readonly string[], asSound: boolean): string {
  const { unboundSinks } = draft;
  const all = unboundSinks.length > 0 ? unboundSinks : open;
  // A sound can only come from where audio leaves.
  const fitting = asSound && unboundSinks.length === 0 ? all.filter((end) => draft.givesAudio(end)) : all;
  const candidates = fitting.length > 0 ? fitting : all;
  if (candidates.length === 1) return candidates[0] as string;
  if (candidates.length === 0) throw errors.usage({ message: "nothing is left for -o: every output has a sink", fix: "Leave it out." });
  const fix = `Name the node: ${candidates.map((id) => `-o ${id}=FILE`).join(" ")}.`;
  throw errors.usage({ message: `${candidates.length} outputs wait for a file`, fix });
}
