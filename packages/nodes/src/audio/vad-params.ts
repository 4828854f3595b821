/** Parameters that mean the same to every detector of speech: for the schemas of detectors of your own. */
export const speechParams = {
  min_speech_ms: {
    type: "number",
    minimum: 0,
    maximum: 10_000,
    default: 90,
    description: "Speech shorter than this is taken for a click, ms.",
  },
  pre_roll_ms: {
    type: "number",
    minimum: 0,
    maximum: 10_000,
    default: 200,
    description: "What a segment keeps from before its speech, ms.",
  },
  max_speech_ms: {
    type: "number",
    minimum: 100,
    maximum: 3_600_000,
    default: 30_000,
    description: "Longer speech is cut into several segments, ms.",
  },
} as const;

/** The parameters of `vad`, apart because they are half of it. */
export const vadParams = {
  type: "object",
  additionalProperties: false,
  properties: {
    segments: {
      type: "boolean",
      default: false,
      description:
        "Let only speech through, cut to the sample: the first frame of each segment is flagged `discontinuity`, the last `end`.",
    },
    frame_ms: { type: "number", minimum: 5, maximum: 100, default: 30, description: "Length of an analysis frame, ms." },
    threshold: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.01,
      description: "RMS below which a frame is never speech; full scale is 1.",
    },
    floor_ratio: {
      type: "number",
      minimum: 0,
      maximum: 100,
      default: 3,
      description: "Speech must exceed the noise floor by this factor (RMS); 0 leaves the floor out of account.",
    },
    min_speech_ms: speechParams.min_speech_ms,
    hangover_ms: {
      type: "number",
      minimum: 0,
      maximum: 10_000,
      default: 300,
      description: "Silence that ends speech, ms; part of the segment. At least one analysis frame.",
    },
    pre_roll_ms: speechParams.pre_roll_ms,
    max_speech_ms: speechParams.max_speech_ms,
    annotate: {
      type: "boolean",
      default: false,
      description:
        "Add is_speech, speech_frames, total_frames, speech_ratio, avg_energy and frame_duration_ms to the metadata of the audio that passes.",
    },
    speech_ratio: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0,
      description: "A frame that passes counts as speech when more than this share of its analysis frames are speech.",
    },
    drop_silence: {
      type: "boolean",
      default: false,
      description: "Drop whole frames that do not count as speech; `segments` cuts more finely.",
    },
  },
} as const;
