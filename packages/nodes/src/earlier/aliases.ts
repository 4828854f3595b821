/** The node types of the earlier SDK, under their names and with their parameters, on the nodes of this one. */
import { defineAlias } from "@remotemedia/core";
import { audioTransform } from "../audio/audio-transform.ts";
import { chunk } from "../audio/chunk.ts";
import { formatConvert } from "../audio/format-convert.ts";
import { resample } from "../audio/resample.ts";
import { createVad, vad } from "../audio/vad.ts";
import { calculate } from "../flow/calculate.ts";
import { passThrough } from "../flow/pass-through.ts";
import { echo } from "./echo.ts";

const runtimeHint = {
  type: "string",
  description: "Has no effect here; the node's own `runtime_hint` in the manifest chooses the kernels.",
} as const;
const noParams = { type: "object", properties: {} } as const;

const audioResampleNode = defineAlias("AudioResampleNode", resample, {
  params: {
    type: "object",
    properties: {
      target_sample_rate: { type: "integer", minimum: 8_000, maximum: 192_000, default: 16_000, description: "Rate of the output, Hz." },
      quality: { type: "string", enum: ["high", "medium", "low"], default: "high", description: "high; medium is `fast`, low is `draft`." },
      runtime_hint: runtimeHint,
    },
  },
  map: ({ targetSampleRate, quality }) => ({
    sampleRate: targetSampleRate,
    quality: ({ high: "high", medium: "fast", low: "draft" } as const)[quality],
  }),
});

const vadNode = defineAlias("VADNode", vad, {
  params: {
    type: "object",
    properties: {
      frame_duration_ms: { type: "number", minimum: 5, maximum: 100, default: 30, description: "Length of an analysis frame, ms." },
      energy_threshold: { type: "number", minimum: 0, maximum: 1, default: 0.02, description: "RMS from which a frame is speech." },
      runtime_hint: runtimeHint,
    },
  },
  map: ({ frameDurationMs, energyThreshold }) => ({ frameMs: frameDurationMs, threshold: energyThreshold, floorRatio: 0, annotate: true }),
});

/** What the Python SDK knows a pair of a sound and its metadata by: this one of the detectors gave `((array, rate), metadata)`. */
const asPair = { python_type: "((array, sample_rate), metadata)" };
const create = (params: Parameters<typeof createVad>[0]) => createVad({ ...params, annotation: asPair });
const pairingVad: typeof vad = Object.assign((...params: Parameters<typeof vad>) => vad(...params), {
  definition: { ...vad.definition, create },
});

const voiceActivityDetector = defineAlias("VoiceActivityDetector", pairingVad, {
  params: {
    type: "object",
    properties: {
      frame_duration_ms: { type: "number", minimum: 5, maximum: 100, default: 30, description: "Length of an analysis frame, ms." },
      energy_threshold: { type: "number", minimum: 0, maximum: 1, default: 0.02, description: "RMS below which a frame is never speech." },
      speech_threshold: {
        type: "number",
        minimum: 0,
        maximum: 1,
        default: 0.3,
        description: "Share of analysis frames that makes a frame speech.",
      },
      filter_mode: { type: "boolean", default: false, description: "Drop frames that are not speech." },
      include_metadata: { type: "boolean", default: true, description: "Add the results to the metadata of the audio." },
    },
  },
  map: ({ frameDurationMs, energyThreshold, speechThreshold, filterMode, includeMetadata }) => ({
    frameMs: frameDurationMs,
    threshold: energyThreshold,
    speechRatio: speechThreshold,
    dropSilence: filterMode,
    annotate: includeMetadata,
  }),
});

const sampleFormats = { f32: "f32", i16: "s16", i32: "s32" } as const;

const formatConverterNode = defineAlias("FormatConverterNode", formatConvert, {
  params: {
    type: "object",
    properties: {
      target_format: { type: "string", pattern: "^([fF]32|[iI]16|[iI]32)$", default: "f32", description: "f32, i16 or i32, in any case." },
      runtime_hint: runtimeHint,
    },
  },
  map: ({ targetFormat }) => ({ format: sampleFormats[targetFormat.toLowerCase() as keyof typeof sampleFormats] }),
});

const audioTransformAlias = defineAlias("AudioTransform", audioTransform, {
  params: {
    type: "object",
    properties: {
      output_sample_rate: { type: "integer", minimum: 8_000, maximum: 192_000, default: 44_100, description: "Rate of the output, Hz." },
      output_channels: { type: "integer", minimum: 1, maximum: 64, default: 2, description: "Channels of the output." },
    },
  },
  map: ({ outputSampleRate, outputChannels }) => ({ sampleRate: outputSampleRate, channels: outputChannels }),
});

const audioBuffer = defineAlias("AudioBuffer", chunk, {
  params: {
    type: "object",
    required: ["buffer_size_samples"],
    properties: { buffer_size_samples: { type: "integer", minimum: 1, description: "Length of a frame in samples per channel." } },
  },
  map: ({ bufferSizeSamples }) => ({ samples: bufferSizeSamples }),
});

const passThroughNode = defineAlias("PassThroughNode", passThrough, { params: noParams, map: () => ({}) });
const passThroughNative = defineAlias("PassThrough", passThrough, { params: noParams, map: () => ({}) });

const multiplyNode = defineAlias("MultiplyNode", calculate, {
  params: { type: "object", properties: { factor: { type: "number", default: 2, description: "Factor." } } },
  map: ({ factor }) => ({ operation: "multiply" as const, operand: factor }),
});

const addNode = defineAlias("AddNode", calculate, {
  params: { type: "object", properties: { addend: { type: "number", default: 0, description: "Summand." } } },
  map: ({ addend }) => ({ operation: "add" as const, operand: addend }),
});

const calculatorNode = defineAlias("CalculatorNode", calculate, {
  params: {
    type: "object",
    properties: {
      operation: {
        type: "string",
        enum: ["add", "subtract", "multiply", "divide"],
        description: "What is done with every number. Default: what {operation, args} in the data says.",
      },
      operand: { type: "number", default: 0, description: "The right-hand side." },
    },
  },
  map: ({ operation, operand }) => ({ operand, ...(operation !== undefined && { operation }) }),
});

/** Every node type of the earlier SDK that lives on. */
export const earlierNodes = [
  audioResampleNode,
  vadNode,
  voiceActivityDetector,
  formatConverterNode,
  audioTransformAlias,
  audioBuffer,
  passThroughNode,
  passThroughNative,
  multiplyNode,
  addNode,
  calculatorNode,
  echo,
] as const;
