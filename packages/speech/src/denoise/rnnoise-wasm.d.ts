declare module "@echogarden/rnnoise-wasm" {
  /** The C functions of RNNoise that are used; addresses are bytes in its memory. */
  interface RnnoiseModule {
    /** Its memory; another array after it has grown. */
    readonly HEAPF32: Float32Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    _rnnoise_create(model: 0): number;
    _rnnoise_init(state: number, model: 0): number;
    _rnnoise_destroy(state: number): void;
    /** 480 samples of ±32768. @returns the probability of speech */
    _rnnoise_process_frame(state: number, to: number, from: number): number;
  }
  function createRnnoise(): Promise<RnnoiseModule>;

  export = createRnnoise;
}
