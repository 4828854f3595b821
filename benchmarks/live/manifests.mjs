const chain = (name, ...nodes) => ({
  version: "v1",
  metadata: { name },
  nodes: nodes.map(([id, node_type, params]) => ({ id, node_type, params })),
  connections: nodes.slice(1).map(([id], n) => ({ from: nodes[n][0], to: id })),
});

/** Audio preprocessing: what every voice pipeline begins with. */
const preprocess = chain(
  "preprocess",
  ["rate", "resample", { sample_rate: 16_000 }],
  ["speech", "vad", {}],
  ["format", "format-convert", { format: "s16" }],
);

/** The same in the names of the earlier SDK. */
const preprocessEarlier = chain(
  "preprocess-earlier",
  ["rate", "AudioTransform", { output_sample_rate: 16_000, output_channels: 1 }],
  ["speech", "VoiceActivityDetector", {}],
  ["format", "FormatConverterNode", { target_format: "i16" }],
);

/** Four nodes, at 16 kHz and back: what comes back is encoded at the rate at which everybody else encodes. */
const fourNodes = chain(
  "four-nodes",
  ["down", "resample", { sample_rate: 16_000 }],
  ["speech", "vad", {}],
  ["quieter", "gain", { gain_db: -2 }],
  ["up", "resample", { sample_rate: 48_000 }],
);

/** Nothing between arriving and leaving. */
const empty = chain("empty", ["through", "pass-through", {}]);

/** The pipelines that are served and measured, as manifests. Ends that are open are joined to the caller by the server. */
export const manifests = { preprocess, preprocessEarlier, fourNodes, empty };
