/** RTVI for one client: what it says becomes frames, and what the pipeline says becomes messages. */
import {
  type AudioFrame,
  type EventFrame,
  eventFrame,
  Flags,
  type JsonFrame,
  type JsonValue,
  jsonFrame,
  type RemoteMediaError,
  type TextFrame,
  textFrame,
} from "@remotemedia/core";
import type { Dialect, Mouth } from "../foreign/dialect.ts";
import { parseRtvi, type RtviMessage, rtviMessage } from "./rtvi-message.ts";

/** By the client's major version: what it is answered. */
const versions: Readonly<Record<string, string>> = { "1": "1.0.0", "2": "2.1.0" };
const eventTypes: Readonly<Record<string, string>> = {
  "speech-started": "user-started-speaking",
  "speech-stopped": "user-stopped-speaking",
};
const mostPending = 64;

/** See {@link Dialect}. */
export class RtviDialect implements Dialect {
  readonly ready: Promise<void>;
  readonly #mouth: Mouth;
  #admit!: () => void;
  #version: string | undefined;
  #readyId = "";
  #isOpen = false;
  #isPlaying = false;
  #isThinking = false;
  #isSynthesizing = false;
  /** Whether the recognizer has told of the turn's words already. */
  #hasTranscript = false;
  /** Sentences of the answer, from the first that was not heard yet. */
  #unheard: { readonly text: string; readonly segment_id: number }[] = [];
  #segments = 0;
  /** The turn whose answer came in pieces. */
  #piecesTurn = 0;
  readonly #pending = new Set<string>();

  constructor(mouth: Mouth) {
    this.#mouth = mouth;
    this.ready = new Promise((resolve) => {
      this.#admit = resolve;
    });
  }

  opened(): void {
    this.#isOpen = true;
    this.#say("bot-ready", { version: this.#version ?? "", about: { library: "remotemedia" } }, this.#readyId);
  }

  read(value: JsonValue): void | Promise<void> {
    const message = parseRtvi(value);
    if (message === undefined) return undefined;
    if (message.type === "client-ready") return this.#greet(message);
    if (message.type === "disconnect-bot") return this.#mouth.leave();
    if (!this.#isOpen) return this.#refuse(message, "wait for bot-ready: the session has not begun");
    return this.#take(message);
  }

  told(frame: TextFrame | EventFrame | JsonFrame): void {
    if (frame.kind === "event") return this.#happened(frame);
    if (frame.kind === "json") return this.#toldJson(frame.value);
    return (frame.flags & Flags.answer) === 0 ? this.#userSaid(frame) : this.#answers(frame);
  }

  sounds({ flags }: AudioFrame): void {
    if (!this.#isSynthesizing) this.#say("bot-tts-started");
    this.#isSynthesizing = true;
    if ((flags & Flags.end) !== 0) this.#stopSynthesis();
  }

  playback(name: "playback-started" | "playback-ended"): void {
    this.#isPlaying = name === "playback-started";
    if (!this.#isPlaying) for (const sentence of this.#unheard.splice(0)) this.#output(sentence, "completed");
    this.#say(this.#isPlaying ? "bot-started-speaking" : "bot-stopped-speaking");
  }

  interrupted(): void {
    this.#unheard = [];
    if (this.#isThinking) this.#say("bot-llm-stopped");
    this.#isThinking = false;
    if (this.#isSynthesizing) this.#stopSynthesis();
    if (this.#isPlaying) this.#say("bot-stopped-speaking");
    this.#isPlaying = false;
  }

  ended(error?: Pick<RemoteMediaError, "message">): void {
    if (error !== undefined) this.#say("error", { error: error.message, message: error.message, fatal: true });
    // No message of RTVI, but of its small WebRTC transport, which would take the end for a loss and call again.
    this.#mouth.say({ type: "signalling", message: { type: "peerLeft" } });
  }

  #greet(message: RtviMessage): void {
    if (this.#version !== undefined) return this.#refuse(message, "client-ready was said already");
    const asked = String(message.data["version"] ?? "");
    this.#version = versions[/^(\d+)(\.\d+)*$/.exec(asked)?.[1] ?? ""];
    if (this.#version === undefined) {
      const known = Object.keys(versions).join(" and ");
      const why = `version ${asked || "unknown"} of RTVI is not supported: this server speaks ${known}`;
      this.#refuse(message, why);
      this.ended({ message: why });
      return this.#mouth.leave();
    }
    this.#readyId = message.id;
    this.#admit();
  }

  #take(message: RtviMessage): void | Promise<void> {
    const { type, data, id } = message;
    const text = data["content"];
    switch (type) {
      case "send-text": {
        if (typeof text !== "string") return this.#refuse(message, "content must be text");
        const { run_immediately = true } = (data["options"] ?? {}) as { readonly run_immediately?: JsonValue };
        if (this.#isPlaying && run_immediately === true) this.#mouth.interrupt("the user has written");
        return this.#mouth.give(textFrame(text));
      }
      case "client-message": {
        const { t = "", d = null } = data;
        if (this.#pending.size < mostPending) this.#pending.add(id);
        return this.#mouth.give(jsonFrame({ id, t, d }));
      }
      case "dtmf":
        return this.#mouth.give(eventFrame("dtmf", data));
      default:
        return this.#refuse(message, `this server knows no message "${type}"`);
    }
  }

  #userSaid({ text, final, flags }: TextFrame): void {
    if (text === "") return;
    const isTurn = final && (flags & Flags.end) !== 0;
    if (!isTurn || !this.#hasTranscript) this.#say("user-transcription", { text, final, timestamp: new Date().toISOString(), user_id: "" });
    this.#hasTranscript = final && !isTurn;
    if (isTurn) this.#say("user-llm-text", { text });
  }

  #answers({ text, final, flags, turn }: TextFrame): void {
    if (!final) this.#piecesTurn = turn;
    // Where the pipeline does not tell the model's text piece by piece, sentences stand for it.
    if (!final || (text !== "" && this.#piecesTurn !== turn)) this.#modelSaid(text);
    if (final && text !== "") {
      const sentence = { text, segment_id: ++this.#segments };
      this.#unheard.push(sentence);
      this.#say("bot-transcription", { text });
      this.#say("bot-tts-text", { text });
      this.#output(sentence, "new");
    }
    if ((flags & Flags.end) === 0 || !this.#isThinking) return;
    this.#isThinking = false;
    this.#say("bot-llm-stopped");
  }

  #modelSaid(text: string): void {
    if (!this.#isThinking) this.#say("bot-llm-started");
    this.#isThinking = true;
    this.#say("bot-llm-text", { text });
  }

  /** The first version has one message for a sentence, the second one for each step of it. */
  #output(sentence: { readonly text: string; readonly segment_id: number }, status: "new" | "completed"): void {
    const isFirst = this.#version === versions["1"];
    if (isFirst && status === "completed") return;
    const fate = isFirst ? { spoken: true } : { will_be_spoken: true, spoken_status: status };
    this.#say("bot-output", { ...sentence, aggregated_by: "sentence", ...fate });
  }

  #happened({ name, value, timestamp }: EventFrame): void {
    const type = eventTypes[name];
    if (type === undefined) this.#say("server-message", { type: "event", name, value, timestamp_us: timestamp });
    else this.#say(type);
  }

  /** A pipeline that gives back the id of a request answers it. */
  #toldJson(value: JsonValue): void {
    const { id, t = "", d = null } = (value ?? {}) as { readonly id?: JsonValue; readonly t?: JsonValue; readonly d?: JsonValue };
    if (typeof id === "string" && this.#pending.delete(id)) this.#say("server-response", { t, d }, id);
    else this.#say("server-message", value);
  }

  #stopSynthesis(): void {
    this.#isSynthesizing = false;
    this.#say("bot-tts-stopped");
  }

  #refuse({ id, type }: RtviMessage, why: string): void {
    this.#say("error-response", { error: `${type}: ${why}` }, id);
  }

  #say(type: string, data: JsonValue = {}, id?: string): void {
    this.#mouth.say(id === undefined ? rtviMessage(type, data) : rtviMessage(type, data, id));
  }
}
