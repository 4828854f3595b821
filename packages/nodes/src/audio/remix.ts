import { type AudioFrame, audio, defineNode, errors, type Kernels, type NodeContext, type Output, sameAs } from "@remotemedia/core";

/** Changes the number of channels. Frames that have it already go through untouched, unless a matrix is given. */
export const remix = defineNode({
  type: "remix",
  description: "Changes the number of channels, by the usual rules or by a matrix.",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: {
    type: "object",
    additionalProperties: false,
    properties: {
      channels: {
        type: "integer",
        minimum: 1,
        maximum: 64,
        default: 1,
        description:
          "Channels of the output. To 1: the mean; from 1: copies; 5.1 to 2: ITU-R BS.775; else the first ones, silence where there is none. A matrix decides instead where one is given.",
      },
      matrix: {
        type: "array",
        minItems: 1,
        maxItems: 64,
        items: { type: "array", minItems: 1, maxItems: 64, items: { type: "number" } },
        description: "One row per output channel, one factor per input channel: output = Σ factor · input.",
      },
    },
  },
  ports: ({ channels, matrix }) => {
    if (matrix === undefined) return { outputs: { out: sameAs("in", { numberOfChannels: channels }) } };
    return {
      inputs: { in: audio({ format: "f32-planar", numberOfChannels: matrix[0]?.length ?? 1 }) },
      outputs: { out: sameAs("in", { numberOfChannels: matrix.length }) },
    };
  },
  create: ({ channels, matrix }) => {
    const mix = matrix === undefined ? createRemix(channels) : createMatrixMix(matrix);
    let context: NodeContext;
    return {
      start(of) {
        context = of;
      },
      process: (frame, _port, out) => out.emit("out", mix(frame, context.kernels, out)),
    };
  },
});

/** Gives the frame itself where nothing changes, else a new one. */
export type Mix = (frame: AudioFrame, kernels: Kernels, out: Output) => AudioFrame;

/** Mixes to a number of channels by the usual rules. */
export function createRemix(channels: number): Mix {
  let from = 0;
  let matrix = new Float32Array(0);
  return (frame, kernels, out) => {
    if (frame.numberOfChannels === channels) return frame;
    if (frame.numberOfChannels !== from) {
      from = frame.numberOfChannels;
      matrix = usualMatrix(from, channels);
    }
    return mixed(frame, kernels, out, channels, matrix);
  };
}

function createMatrixMix(rows: readonly (readonly number[])[]): Mix {
  const columns = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== columns)) {
    throw errors.paramsInvalid({
      message: "the rows of the matrix differ in length",
      expected: "one factor per input channel in each row",
    });
  }
  const matrix = Float32Array.from(rows.flat());
  return (frame, kernels, out) => mixed(frame, kernels, out, rows.length, matrix);
}

function mixed(frame: AudioFrame, kernels: Kernels, out: Output, numberOfChannels: number, matrix: Float32Array): AudioFrame {
  const { numberOfFrames, flags, turn } = frame;
  const output = out.audio({ numberOfFrames, numberOfChannels, flags, turn });
  kernels.remix(frame.data as Float32Array, frame.numberOfChannels, output.data, numberOfChannels, numberOfFrames, matrix);
  return output;
}

const half = Math.SQRT1_2;
// Left, right, center, low-frequency effects, left and right surround (the order of WAV). BS.775-4, annex 4, table 2; it leaves the effects out.
const surroundToStereo = [1, 0, half, 0, half, 0, 0, 1, half, 0, 0, half];

/** The mixing matrix that everybody expects, `to × from`. */
export function usualMatrix(from: number, to: number): Float32Array<ArrayBuffer> {
  if (from === 6 && to === 2) return Float32Array.from(surroundToStereo);
  const matrix = new Float32Array(from * to);
  if (to === 1) return matrix.fill(1 / from);
  for (let row = 0; row < to; row++) {
    const column = from === 1 ? 0 : row;
    if (column < from) matrix[row * from + column] = 1;
  }
  return matrix;
}
