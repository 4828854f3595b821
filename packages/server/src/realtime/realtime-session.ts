/** What a client of the Realtime API is told about its session, and what it may choose. */
import type { JsonValue } from "@remotemedia/core";
import { type Fields, fieldsOf } from "../foreign/json.ts";
import { realtimeRate } from "./realtime-wire.ts";

/** Why a session cannot be as the client wants it. */
export interface SessionFault {
  readonly param: string;
  readonly message: string;
}

/** The settings of one client. The pipeline decides how it listens and speaks; the client decides whether it hears or reads. */
export class RealtimeSession {
  readonly #isBeta: boolean;
  readonly #id: string;
  readonly #model: string;
  #isTextOnly = false;

  constructor(isBeta: boolean, id: string, model: string) {
    this.#isBeta = isBeta;
    this.#id = id;
    this.#model = model;
  }

  /** Whether the client reads answers and does not hear them. */
  get isTextOnly(): boolean {
    return this.#isTextOnly;
  }

  get modalities(): readonly string[] {
    return this.#isTextOnly ? ["text"] : this.#isBeta ? ["text", "audio"] : ["audio"];
  }

  /** Takes a client's wishes. What the pipeline decides is left as it is; what would make audio noise is a fault. */
  update(wishes: Fields): SessionFault | undefined {
    const { input, output } = fieldsOf(wishes["audio"]);
    const formats: Fields = {
      "session.audio.input.format": fieldsOf(input)["format"] ?? null,
      "session.audio.output.format": fieldsOf(output)["format"] ?? null,
      "session.input_audio_format": wishes["input_audio_format"] ?? null,
      "session.output_audio_format": wishes["output_audio_format"] ?? null,
    };
    for (const [param, format] of Object.entries(formats))
      if (!isPcm(format)) return { param, message: `only 16-bit PCM of ${realtimeRate} Hz is spoken here` };
    const modalities = wishes["output_modalities"] ?? wishes["modalities"];
    if (Array.isArray(modalities)) this.#isTextOnly = !modalities.includes("audio");
    return undefined;
  }

  /** As `session.created` and `session.updated` show it. */
  describe(): JsonValue {
    const all = { object: "realtime.session", id: this.#id, model: this.#model, tools: [], tool_choice: "none" };
    // Nothing of it can be switched off: turns are the pipeline's.
    const turn_detection = { type: "server_vad", create_response: true, interrupt_response: true };
    if (this.#isBeta) {
      const formats = { input_audio_format: "pcm16", output_audio_format: "pcm16" };
      return { ...all, modalities: this.modalities, ...formats, turn_detection, voice: "pipeline", instructions: "" };
    }
    const format = { type: "audio/pcm", rate: realtimeRate };
    const audio = {
      input: { format, turn_detection, transcription: null, noise_reduction: null },
      output: { format, voice: "pipeline", speed: 1 },
    };
    return { type: "realtime", ...all, output_modalities: this.modalities, audio, instructions: "" };
  }
}

function isPcm(format: JsonValue): boolean {
  if (format === null || format === "pcm16") return true;
  const { type, rate = realtimeRate } = fieldsOf(format);
  return type === "audio/pcm" && rate === realtimeRate;
}
