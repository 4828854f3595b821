/** Which weights a pipeline needs, by the nodes that it names. */

interface NamedNode {
  readonly node_type: string;
  readonly params?: Readonly<Record<string, unknown>> | null;
}

const modelOf: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => string>> = {
  "silero-vad": () => "silero-vad",
  "moonshine-asr": ({ size = "tiny" }) => `moonshine-${String(size)}`,
  "flite-tts": () => "flite",
};

/**
 * The models that the nodes of a manifest load, each once.
 *
 * @example for (const name of modelsOf(manifest.nodes)) await installModel(name);
 */
export function modelsOf(nodes: Iterable<NamedNode>): readonly string[] {
  return [...new Set([...nodes].flatMap(({ node_type, params }) => modelOf[node_type]?.(params ?? {}) ?? []))];
}
