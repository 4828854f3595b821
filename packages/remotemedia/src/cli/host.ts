import { type Frame, type Host, type Log, type NodeDefinition, quietLog, Registry } from "@remotemedia/core";
import { nodejsHost } from "../nodejs-host.ts";
import { note } from "./terminal.ts";

/** How much the command line says. */
export interface Loudness {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The host with the log that was asked for. */
export function hostFor({ quiet, verbose }: Loudness): Host {
  const log = quietLog(note);
  if (quiet === true) return { ...nodejsHost, log: { ...log, warn: () => undefined } };
  return verbose === true ? { ...nodejsHost, log: { ...log, info: tell("info"), debug: tell("debug") } } : nodejsHost;
}

const tell =
  (level: string): Log["info"] =>
  (message, details) =>
    note(`${level}: ${message}${details === undefined ? "" : ` ${JSON.stringify(details)}`}`);

/** The host with a file-source that tells how far it is: the file and the frame that leaves it. */
export function observed(host: Host, onFrame: (path: string, frame: Frame) => void): Host {
  const definitions = [...host.registry].map((definition) => ({
    definition: definition.type === "file-source" ? observedSource(definition, onFrame) : definition,
  }));
  return { ...host, registry: new Registry(definitions) };
}

function observedSource(definition: NodeDefinition, onFrame: (path: string, frame: Frame) => void): NodeDefinition {
  return {
    ...definition,
    create(params) {
      const executor = definition.create(params);
      const produce = executor.produce?.bind(executor) as (out: unknown) => AsyncIterable<Frame>;
      executor.produce = async function* (out) {
        for await (const frame of produce(out)) {
          onFrame((params as { readonly path: string }).path, frame);
          yield frame;
        }
      };
      return executor;
    },
  };
}
