/** The parameters of `turn-policy`. */
export const turnParams = {
  type: "object",
  additionalProperties: false,
  properties: {
    mode: {
      type: "string",
      enum: ["silence", "adaptive", "full"],
      default: "full",
      description:
        "What ends a turn: `silence` of a fixed length, `adaptive` silence learnt from this speaker's pauses, or `full`: adaptive, and what was said tells whether it is complete.",
    },
    silence_ms: {
      type: "number",
      minimum: 0,
      maximum: 10_000,
      default: 700,
      description: "Silence that ends a turn, ms, the detector's hangover included; what is learnt begins with it.",
    },
    min_silence_ms: {
      type: "number",
      minimum: 0,
      maximum: 10_000,
      default: 400,
      description: "The shortest silence that ends a turn: after a complete sentence, ms.",
    },
    max_silence_ms: {
      type: "number",
      minimum: 0,
      maximum: 30_000,
      default: 1_000,
      description: "The longest silence that is waited for: after an unfinished sentence, ms.",
    },
    asr_timeout_ms: {
      type: "number",
      minimum: 0,
      maximum: 60_000,
      default: 2_000,
      description: "How long after the end of speech the final text is waited for; then the last partial one counts, ms.",
    },
    barge_in: {
      type: "string",
      enum: ["hold", "immediate", "off"],
      default: "hold",
      description:
        "When somebody speaks while an answer is played: `hold` pauses it until it is clear what was said, `immediate` ends it, `off` ignores what is said.",
    },
    min_words: {
      type: "integer",
      minimum: 1,
      maximum: 20,
      default: 1,
      description: 'So many words end an answer that is on hold; "mm-hm" and its like do not count.',
    },
    min_speech_ms: {
      type: "number",
      minimum: 0,
      maximum: 5_000,
      default: 120,
      description: "Sounds shorter than this are no words: the answer goes on at once, ms.",
    },
    interrupt_after_ms: {
      type: "number",
      minimum: 0,
      maximum: 30_000,
      default: 800,
      description: "Speech that lasts as long as this ends an answer that is on hold, whatever is recognized, ms.",
    },
    max_hold_ms: {
      type: "number",
      minimum: 0,
      maximum: 30_000,
      default: 2_000,
      description: "The longest that an answer is on hold, ms.",
    },
    join_ms: {
      type: "number",
      minimum: 0,
      maximum: 60_000,
      default: 5_000,
      description:
        "Who goes on so soon after the end of a turn, and before anything of the answer is heard, has not finished: the texts are joined, ms.",
    },
  },
} as const;
