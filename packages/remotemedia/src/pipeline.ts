import { Pipeline as CorePipeline, validateManifest as coreValidate, type Host, type NodeMap, type Validation } from "@remotemedia/core";
import { nodejsHost } from "./nodejs-host.ts";

/**
 * A pipeline that runs in Node.js: nodes, connections, and what runs them. `add` chains nodes; each follows the one before.
 *
 * @example
 * const clean = new Pipeline("clean")
 *   .add(fileSource({ path: "in.wav" }))
 *   .add(resample({ sampleRate: 16_000 }))
 *   .add(vad({ segments: true }))
 *   .add(fileSink({ path: "out.wav" }));
 * const { metrics } = await clean.run();
 */
export class Pipeline<Nodes extends NodeMap = Record<never, never>> extends CorePipeline<Nodes> {
  /** @param host default: {@link nodejsHost} */
  constructor(name: string, host: Host = nodejsHost) {
    super(name, host);
  }

  /**
   * A pipeline from a manifest: JSON text, a launch line, or the parsed value.
   *
   * @throws `manifest-invalid` when it cannot be read; its faults are told when it runs, or by {@link validateManifest}.
   * @example await Pipeline.fromManifest("file-source path=a.wav ! resample sample_rate=16000 ! file-sink path=b.wav").run();
   */
  static override fromManifest(source: string | object, host: Host = nodejsHost): Pipeline {
    // biome-ignore lint/complexity/noThisInStatic: only through super does it make one of these
    return super.fromManifest(source, host);
  }
}

/**
 * All faults of a manifest, and its graph if there are none. Never throws for what the manifest says.
 *
 * @param host whose nodes it may name; default: {@link nodejsHost}
 * @example for (const { pointer, message } of validateManifest(JSON.parse(text)).faults) console.error(pointer, message);
 */
export function validateManifest(manifest: unknown, host: Host = nodejsHost): Validation {
  return coreValidate(manifest, host.registry);
}
