/**
 * Silero VAD 5 and 6 at 16 kHz, computed here: the network is so small that a runtime for ONNX costs several times what the arithmetic does, and 250 MB. Layers, in the
 * order of the file: short-time Fourier transform (magnitudes of 4 windows of 256), four convolutions of width 3 with ReLU, an LSTM of 128, one output with a sigmoid.
 */
import { type Dense, errors, type Kernels } from "@remotemedia/core";
import { readWeights } from "./onnx-weights.ts";

/** New samples per step. */
export const stepLength = 512;
const contextLength = 64;
const padding = 64;
const windowLength = 256;
const hop = 128;
const bins = 129;
const units = 128;

interface Convolution {
  readonly dense: Dense;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: 1 | 2;
}

/** The layers with their weights, shared by all who listen. */
export interface SileroLayers {
  readonly transform: Dense;
  readonly encoder: readonly Convolution[];
  readonly inputGates: Dense;
  readonly hiddenGates: Dense;
  readonly output: Dense;
  readonly exp: Kernels["exp"];
}

/** Reads the layers out of `silero-vad.onnx`. @throws `package-invalid` when it is another network */
export function readSileroLayers(file: Uint8Array, kernels: Kernels): SileroLayers {
  const constants = readWeights(file);
  const get = (name: string, length: number): Float32Array => {
    const found = constants.get(`If_0_then_branch__Inline_0__${name}`);
    if (found?.length === length) return found;
    throw errors.packageInvalid({
      message: `the model is not Silero VAD 6: ${name} has ${found?.length ?? "no"} elements instead of ${length}`,
    });
  };
  const shapes = [
    [bins, 128, 1],
    [128, 64, 2],
    [64, 64, 2],
    [64, 128, 1],
  ] as const;
  const dense = (weight: string, bias: string, rows: number, length: number): Dense =>
    kernels.createDense({ matrix: get(weight, rows * length), bias: get(bias, rows) });
  return {
    transform: kernels.createDense({ matrix: get("stft.forward_basis_buffer", 2 * bins * windowLength), bias: new Float32Array(2 * bins) }),
    encoder: shapes.map(([inputs, outputs, stride], index) => {
      const name = `encoder.${index}.reparam_conv`;
      return { dense: dense(`${name}.weight`, `${name}.bias`, outputs, 3 * inputs), inputs, outputs, stride };
    }),
    inputGates: dense("decoder.rnn.weight_ih", "decoder.rnn.bias_ih", 4 * units, units),
    hiddenGates: dense("decoder.rnn.weight_hh", "decoder.rnn.bias_hh", 4 * units, units),
    output: dense("decoder.decoder.2.weight", "decoder.decoder.2.bias", 1, units),
    exp: kernels.exp,
  };
}

// What a step needs in between: steps never overlap, so all networks share it.
const spectrum = new Float32Array(4 * 2 * bins);
const columns = new Float32Array(4 * 3 * bins);
const [layerA, layerB] = [new Float32Array(4 * bins), new Float32Array(4 * 128)];
const [gates, recurrent] = [new Float32Array(4 * units), new Float32Array(4 * units)];
const [active, result] = [new Float32Array(units), new Float32Array(1)];

/** One listener: it remembers what it heard. */
export class SileroNetwork {
  readonly #layers: SileroLayers;
  readonly #input = new Float32Array(contextLength + stepLength + padding);
  readonly #hidden = new Float32Array(units);
  readonly #cell = new Float32Array(units);

  constructor(layers: SileroLayers) {
    this.#layers = layers;
  }

  /** The probability that the next {@link stepLength} samples from `offset` on hold speech. */
  step(samples: Float32Array, offset: number): number {
    this.#listen(samples, offset);
    this.#spectrum();
    this.#remember(this.#encode());
    for (let unit = 0; unit < units; unit++) active[unit] = Math.max(0, this.#hidden[unit] as number);
    this.#layers.output.multiply(active, units, 1, result);
    return this.#sigmoid(result[0] as number);
  }

  /** Forgets what was heard. */
  reset(): void {
    this.#input.fill(0);
    this.#hidden.fill(0);
    this.#cell.fill(0);
  }

  /** The last 64 samples, the new ones, and 64 mirrored at the end. */
  #listen(samples: Float32Array, offset: number): void {
    const input = this.#input;
    const end = contextLength + stepLength;
    input.copyWithin(0, stepLength, end);
    for (let i = 0; i < stepLength; i++) input[contextLength + i] = samples[offset + i] as number;
    for (let i = 0; i < padding; i++) input[end + i] = input[end - 2 - i] as number;
  }

  /** Magnitudes of the four windows into `layerA`, window after window. */
  #spectrum(): void {
    this.#layers.transform.multiply(this.#input, hop, 4, spectrum);
    for (let column = 0; column < 4; column++) {
      const from = column * 2 * bins;
      for (let bin = 0; bin < bins; bin++) {
        const real = spectrum[from + bin] as number;
        const imaginary = spectrum[from + bins + bin] as number;
        layerA[column * bins + bin] = Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }

  /** The four convolutions; 4 columns become 4, 2, 1 and 1. */
  #encode(): Float32Array {
    let [input, output] = [layerA, layerB];
    let width = 4;
    for (const layer of this.#layers.encoder) {
      const count = width / layer.stride;
      convolve(layer, input, width, count, output);
      [input, output] = [output, input];
      width = count;
    }
    return input;
  }

  /** The LSTM; its gates are input, forget, cell, output. */
  #remember(input: Float32Array): void {
    this.#layers.inputGates.multiply(input, units, 1, gates);
    this.#layers.hiddenGates.multiply(this.#hidden, units, 1, recurrent);
    const gate = (index: number, unit: number): number =>
      (gates[index * units + unit] as number) + (recurrent[index * units + unit] as number);
    for (let unit = 0; unit < units; unit++) {
      const kept = this.#sigmoid(gate(1, unit)) * (this.#cell[unit] as number);
      const cell = kept + this.#sigmoid(gate(0, unit)) * this.#tanh(gate(2, unit));
      this.#cell[unit] = cell;
      this.#hidden[unit] = this.#sigmoid(gate(3, unit)) * this.#tanh(cell);
    }
  }

  #sigmoid(x: number): number {
    return 1 / (1 + this.#layers.exp(-x));
  }

  #tanh(x: number): number {
    return 2 * this.#sigmoid(2 * x) - 1;
  }
}

/** Width 3, one column of zeros at either side, ReLU. Columns lie one after another. */
function convolve(layer: Convolution, input: Float32Array, width: number, count: number, output: Float32Array): void {
  const { dense, inputs, outputs, stride } = layer;
  const length = inputs * 3;
  for (let column = 0; column < count; column++) {
    for (let tap = 0; tap < 3; tap++) {
      const source = column * stride + tap - 1;
      const isInside = source >= 0 && source < width;
      for (let channel = 0; channel < inputs; channel++)
        columns[column * length + channel * 3 + tap] = isInside ? (input[source * inputs + channel] as number) : 0;
    }
  }
  dense.multiply(columns, length, count, output);
  for (let i = 0; i < count * outputs; i++) output[i] = Math.max(0, output[i] as number);
}
