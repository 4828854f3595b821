/** One answer, as the Realtime API tells it: opened with its first sign, filled, and done in any case. */
import type { JsonValue } from "@remotemedia/core";
import type { Fields } from "../foreign/json.ts";
import { realtimeId } from "./realtime-error.ts";

/** How an answer ended. */
export type ResponseEnd = "completed" | "turn_detected" | "client_cancelled";

/** What a response is told with. */
export interface ResponseOptions {
  readonly isBeta: boolean;
  /** The client reads, and does not hear. */
  readonly isTextOnly: boolean;
  readonly modalities: readonly string[];
  readonly conversation: string;
  /** The item before it in the conversation. */
  readonly after: string | null;
  say(type: string, fields: Fields): void;
}

/** A response with its one item and one part. */
export class RealtimeResponse {
  readonly item: string = realtimeId("item");
  readonly #id = realtimeId("resp");
  readonly #options: ResponseOptions;
  readonly #names: { readonly audio: string; readonly words: string };
  #text = "";

  constructor(options: ResponseOptions) {
    this.#options = options;
    const { isBeta, isTextOnly, say, after } = options;
    const output = isBeta ? "response" : "response.output";
    const words = isTextOnly ? "text" : "audio_transcript";
    const join = isBeta ? "." : "_";
    this.#names = { audio: `${output}${join}audio`, words: `${output}${join}${words}` };
    say("response.created", { response: this.#describe("in_progress", []) });
    say("response.output_item.added", { response_id: this.#id, output_index: 0, item: this.#itemAs("in_progress") });
    say(isBeta ? "conversation.item.created" : "conversation.item.added", { previous_item_id: after, item: this.#itemAs("in_progress") });
    say("response.content_part.added", { ...this.#place, part: this.#part });
  }

  /** A piece of what is said. */
  words(delta: string): void {
    this.#text += delta;
    this.#options.say(`${this.#names.words}.delta`, { ...this.#place, delta });
  }

  /** What is said so far. */
  get text(): string {
    return this.#text;
  }

  /** The event of a piece of audio; its id is left to whoever sends it. */
  sound(base64: string): JsonValue {
    return { type: `${this.#names.audio}.delta`, event_id: realtimeId("event"), ...this.#place, delta: base64 };
  }

  end(how: ResponseEnd): void {
    const { say, isTextOnly, isBeta } = this.#options;
    const status = how === "completed" ? "completed" : "incomplete";
    if (!isTextOnly) say(`${this.#names.audio}.done`, this.#place);
    say(`${this.#names.words}.done`, { ...this.#place, [isTextOnly ? "text" : "transcript"]: this.#text });
    say("response.content_part.done", { ...this.#place, part: this.#part });
    say("response.output_item.done", { response_id: this.#id, output_index: 0, item: this.#itemAs(status) });
    if (!isBeta) say("conversation.item.done", { previous_item_id: this.#options.after, item: this.#itemAs(status) });
    say("response.done", { response: this.#describe(how, [this.#itemAs(status)]) });
  }

  get #place() {
    return { response_id: this.#id, item_id: this.item, output_index: 0, content_index: 0 };
  }

  get #part(): JsonValue {
    return this.#options.isTextOnly ? { type: "text", text: this.#text } : { type: "audio", transcript: this.#text };
  }

  #itemAs(status: string): JsonValue {
    const { isTextOnly, isBeta } = this.#options;
    const prefix = isBeta ? "" : "output_";
    const part = isTextOnly ? { type: `${prefix}text`, text: this.#text } : { type: `${prefix}audio`, transcript: this.#text };
    const content = status === "in_progress" ? [] : [part];
    return { id: this.item, object: "realtime.item", type: "message", role: "assistant", status, content };
  }

  #describe(how: ResponseEnd | "in_progress", output: readonly JsonValue[]): JsonValue {
    const { isBeta, modalities, conversation } = this.#options;
    const isCut = how === "turn_detected" || how === "client_cancelled";
    return {
      object: "realtime.response",
      id: this.#id,
      conversation_id: conversation,
      status: isCut ? "cancelled" : how,
      status_details: isCut ? { type: "cancelled", reason: how } : null,
      output,
      [isBeta ? "modalities" : "output_modalities"]: modalities,
      metadata: null,
      usage: null,
    };
  }
}
