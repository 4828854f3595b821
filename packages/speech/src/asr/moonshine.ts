/**
 * Moonshine, a speech recognizer for English: an encoder over the waveform and a decoder that writes a token per step until it writes its end, greedily. The
 * decoder's attention cache goes in and out of every step; that over the encoder's output stays what the first step made.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import llamaTokenizer from "llama-tokenizer-js";
import type { InferenceSession, Tensor } from "onnxruntime-web";
import { loadOnnxRuntime, type OnnxRuntime } from "../inference/onnx-runtime.ts";

/** Which of the two models. */
export type MoonshineSize = "tiny" | "base";

const shapes = { tiny: { layers: 6, heads: 8, width: 36 }, base: { layers: 8, heads: 8, width: 52 } } as const;
const [startToken, endToken] = [1, 2];
const sampleRate = 16_000;
/** Nobody says more; what writes on without end is stopped by it. */
const tokensPerSecond = 6.5;
/** Shorter sounds are filled up with silence. */
const leastSamples = 0.5 * sampleRate;

/** A loaded model. Its calls must not overlap. */
export class Moonshine {
  readonly #runtime: OnnxRuntime;
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;
  readonly #size: MoonshineSize;

  private constructor(runtime: OnnxRuntime, encoder: InferenceSession, decoder: InferenceSession, size: MoonshineSize) {
    this.#runtime = runtime;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#size = size;
  }

  /** Loads the model from its folder. @throws what reading the files and the runtime throw */
  static async load(folder: string, size: MoonshineSize): Promise<Moonshine> {
    const runtime = await loadOnnxRuntime();
    // Without the arena it is as fast and takes 60 MB less; with more than the basic optimizations it is no faster and loads for longer.
    const options = {
      intraOpNumThreads: runtime.threads,
      interOpNumThreads: 1,
      enableCpuMemArena: false,
      enableMemPattern: false,
      graphOptimizationLevel: "basic",
    } as const;
    const open = async (name: string): Promise<InferenceSession> =>
      runtime.InferenceSession.create(await readFile(join(folder, name)), options);
    // The larger one first: what its loading leaves free is enough for the other.
    const decoder = await open("decoder.onnx");
    return new Moonshine(runtime, await open("encoder.onnx"), decoder, size);
  }

  /**
   * What was said in these samples (16 kHz, mono); "" for silence and noise.
   *
   * @param isGivenUp asked before every token; the text that there is then comes back
   */
  async recognize(samples: Float32Array, isGivenUp: () => boolean = () => false): Promise<string> {
    const { Tensor } = this.#runtime;
    const input = samples.length >= leastSamples ? samples : filled(samples);
    if (isGivenUp()) return "";
    const encoded = await this.#encoder.run({ input_values: new Tensor("float32", input, [1, input.length]) });
    const heard = encoded["last_hidden_state"] as Tensor;
    const most = Math.ceil((input.length / sampleRate) * tokensPerSecond);
    const tokens = [startToken];
    let cache = this.#emptyCache();
    while (tokens.length <= most && !isGivenUp()) {
      const isFirst = tokens.length === 1;
      const results = await this.#decoder.run({
        input_ids: new Tensor("int64", BigInt64Array.of(BigInt(tokens.at(-1) as number)), [1, 1]),
        encoder_hidden_states: heard,
        use_cache_branch: new Tensor("bool", [!isFirst], [1]),
        ...cache,
      });
      const token = likeliest((results["logits"] as Tensor).data as Float32Array);
      if (token === endToken) break;
      tokens.push(token);
      cache = cached(cache, results, isFirst);
    }
    return llamaTokenizer.decode(tokens).trim();
  }

  #emptyCache(): Record<string, Tensor> {
    const { layers, heads, width } = shapes[this.#size];
    const { Tensor } = this.#runtime;
    const names = Array.from({ length: layers }, (_, layer) =>
      ["decoder.key", "decoder.value", "encoder.key", "encoder.value"].map((part) => `past_key_values.${layer}.${part}`),
    ).flat();
    return Object.fromEntries(names.map((name) => [name, new Tensor("float32", new Float32Array(0), [0, heads, 1, width])]));
  }
}

function cached(before: Record<string, Tensor>, results: InferenceSession.OnnxValueMapType, isFirst: boolean): Record<string, Tensor> {
  const present = (name: string): Tensor => results[name.replace("past_key_values", "present")] as Tensor;
  const entries = Object.entries(before).map(
    ([name, past]) => [name, isFirst || name.includes(".decoder.") ? present(name) : past] as const,
  );
  return Object.fromEntries(entries);
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if ((logits[token] as number) > (logits[best] as number)) best = token;
  return best;
}

function filled(samples: Float32Array): Float32Array {
  const longer = new Float32Array(leastSamples);
  longer.set(samples);
  return longer;
}
