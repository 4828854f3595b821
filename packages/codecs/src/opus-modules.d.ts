/** The parts of the two libraries that are used; neither declares them. */
declare module "@evan/opus/node/index.js" {
  interface Options {
    readonly sample_rate: number;
    readonly channels: number;
  }
  class Encoder {
    constructor(options: Options & { readonly application: "voip" | "audio" | "restricted_lowdelay" });
    encode(samples: ArrayBufferView): Uint8Array<ArrayBuffer>;
    ctl(request: number, value?: number): number;
  }
  class Decoder {
    constructor(options: Options);
    /** Interleaved s16 in the order of the machine; a copy. */
    decode(packet: Uint8Array): Uint8Array<ArrayBuffer>;
  }
  const library: { readonly Encoder: typeof Encoder; readonly Decoder: typeof Decoder };
  // biome-ignore lint/style/noDefaultExport: theirs
  export default library;
}

declare module "opusscript/build/opusscript_native_wasm.js" {
  /** An encoder and a decoder. All pointers are byte offsets into linear memory. */
  export interface OpusscriptHandler {
    /** Bytes written, or a negative error. With `bytes` above 0 it first joins that many pairs of elements to samples. */
    _encode(input: number, bytes: number, output: number, frameSize: number): number;
    /** Samples per channel, or a negative error. Writes two elements for each sample. */
    _decode(input: number, bytes: number, output: number): number;
    _encoder_ctl(request: number, value: number): number;
  }
  export interface OpusscriptModule {
    readonly OpusScriptHandler: {
      new (sampleRate: number, channels: number, application: number): OpusscriptHandler;
      destroy_handler(handler: OpusscriptHandler): void;
    };
    /** Replaced when memory grows. */
    readonly HEAP16: Int16Array<ArrayBuffer>;
    readonly HEAPU8: Uint8Array<ArrayBuffer>;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  }
  /** Ready when it returns in Node.js. */
  const createModule: () => OpusscriptModule;
  // biome-ignore lint/style/noDefaultExport: theirs
  export default createModule;
}
