/** RNNoise (https://github.com/xiph/rnnoise) in WebAssembly: one instance of its code, a state for each stream. */
// @ts-expect-error it brings no types
import createRnnoise from "@echogarden/rnnoise-wasm";

/** The C functions that are used; addresses are bytes in its memory. */
interface RnnoiseModule {
  /** Its memory; another array after it has grown. */
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _rnnoise_create(model: 0): number;
  _rnnoise_init(state: number, model: 0): number;
  _rnnoise_destroy(state: number): void;
  _rnnoise_process_frame(state: number, to: number, from: number): number;
}

/** Samples that it takes at a time: 10 ms at 48 kHz. What it gives is that many samples late. */
export const blockLength = 480;

/** The noise remover of one stream. */
export interface Rnnoise {
  /** Replaces 480 samples of ±1 by what it makes of the 480 before. What is no number is silence. */
  process(block: Float32Array): void;
  /** Forgets everything that it heard. */
  reset(): void;
  /** Gives its memory back. */
  close(): void;
}

let loading: Promise<RnnoiseModule> | undefined;

// Far beyond full scale there is no sound, and one infinite sample would stay in its memory.
const loudest = 16;

/** Opens a noise remover. */
export async function openRnnoise(): Promise<Rnnoise> {
  loading ??= createRnnoise() as Promise<RnnoiseModule>;
  const module = await loading;
  const state = module._rnnoise_create(0);
  const samples = module._malloc(blockLength * Float32Array.BYTES_PER_ELEMENT);
  return {
    process(block) {
      const at = samples / Float32Array.BYTES_PER_ELEMENT;
      for (let i = 0; i < blockLength; i++) {
        const sample = block[i] as number;
        module.HEAPF32[at + i] = Math.abs(sample) <= loudest ? sample * 32_768 : 0;
      }
      module._rnnoise_process_frame(state, samples, samples);
      for (let i = 0; i < blockLength; i++) block[i] = (module.HEAPF32[at + i] as number) / 32_768;
    },
    reset: () => void module._rnnoise_init(state, 0),
    close() {
      module._rnnoise_destroy(state);
      module._free(samples);
    },
  };
}
