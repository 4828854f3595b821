/** The OpenAI Realtime API for one client: https://platform.openai.com/docs/api-reference/realtime */
import {
  type AudioFrame,
  type EventFrame,
  Flags,
  type JsonFrame,
  type JsonValue,
  type RemoteMediaError,
  type TextFrame,
  textFrame,
} from "@remotemedia/core";
import type { Dialect, Mouth } from "../foreign/dialect.ts";
import { type Fields, fieldsOf } from "../foreign/json.ts";
import { realtimeError, realtimeId } from "./realtime-error.ts";
import { RealtimeResponse, type ResponseEnd } from "./realtime-response.ts";
import { RealtimeSession } from "./realtime-session.ts";
import { UserItems } from "./user-items.ts";

/** See {@link Dialect}. */
export class RealtimeDialect implements Dialect {
  readonly ready: Promise<void> = Promise.resolve();
  readonly #mouth: Mouth;
  readonly #isBeta: boolean;
  readonly #session: RealtimeSession;
  readonly #conversation = realtimeId("conv");
  readonly #items: UserItems;
  #isOpen = false;
  #response: RealtimeResponse | undefined;
  /** What the model has written, in case nobody makes sentences of it. */
  #pieces = "";
  #hasTranscript = false;
  #isCancelled = false;
  /** Texts of the user that wait for `response.create`. */
  #written: string[] = [];

  /** @param isBeta whether the client uses the names from before the general release */
  constructor(mouth: Mouth, isBeta: boolean, model: string) {
    this.#mouth = mouth;
    this.#isBeta = isBeta;
    this.#session = new RealtimeSession(isBeta, realtimeId("sess"), model);
    this.#items = new UserItems((type, fields) => this.#say(type, fields), isBeta);
  }

  /** The event of a piece of an answer's audio. Audio that answers nothing is an answer as well: nothing else can be heard here. */
  delta(base64: string): JsonValue | undefined {
    const response = this.#answering();
    return this.#session.isTextOnly ? undefined : response.sound(base64);
  }

  opened(): void {
    this.#isOpen = true;
    this.#say("session.created", { session: this.#session.describe() });
  }

  read(value: JsonValue): void | Promise<void> {
    const event = fieldsOf(value);
    if (!this.#isOpen) return this.#refuse(event, "the session has not begun: wait for session.created", "session_not_ready");
    switch (event["type"]) {
      case "session.update":
        return this.#update(event);
      case "input_audio_buffer.clear":
        return this.#say("input_audio_buffer.cleared", {});
      case "conversation.item.create":
        return this.#write(event);
      case "conversation.item.truncate":
        return this.#truncate(event);
      case "response.create":
        return this.#respond(event);
      case "response.cancel":
        return this.#cancel(event);
      default:
        return this.#refuse(event, `this server knows no event "${String(event["type"])}"`, "unknown_event", "type");
    }
  }

  told(frame: TextFrame | EventFrame | JsonFrame): void {
    if (frame.kind === "event") return this.#happened(frame);
    if (frame.kind === "json") return undefined;
    return (frame.flags & Flags.answer) === 0 ? this.#userSaid(frame) : this.#answers(frame);
  }

  sounds(_frame: AudioFrame): void {
    this.#answering();
  }

  playback(name: "playback-started" | "playback-ended"): void {
    if (name === "playback-ended") this.#end("completed");
  }

  interrupted(): void {
    this.#end(this.#isCancelled ? "client_cancelled" : "turn_detected");
    this.#isCancelled = false;
  }

  ended(error?: Pick<RemoteMediaError, "code" | "message">): void {
    if (error !== undefined) this.#mouth.say(realtimeError({ message: error.message, code: error.code, type: "server_error" }));
  }

  #update(event: Fields): void {
    const fault = this.#session.update(fieldsOf(event["session"]));
    if (fault !== undefined) return this.#refuse(event, fault.message, "invalid_value", fault.param);
    this.#say("session.updated", { session: this.#session.describe() });
  }

  #write(event: Fields): void {
    const { type, role, content, id } = fieldsOf(event["item"]);
    const parts = Array.isArray(content) ? content.map(fieldsOf) : [];
    const isText = type === "message" && role === "user" && parts.length > 0 && parts.every((part) => part["type"] === "input_text");
    if (!isText) return this.#refuse(event, "only messages of the user made of input_text are taken", "invalid_value", "item");
    this.#written.push(parts.map((part) => String(part["text"] ?? "")).join("\n"));
    const item = typeof id === "string" ? id : realtimeId("item");
    this.#items.add(item, content as JsonValue, this.#items.follow(item));
  }

  #respond(event: Fields): void | Promise<void> {
    const text = this.#written.splice(0).join("\n");
    // The pipeline answers to speech by itself; with an answer under way there is nothing to ask for.
    if (text !== "") return this.#mouth.give(textFrame(text));
    if (this.#response !== undefined) return this.#refuse(event, "an answer is under way", "conversation_already_has_active_response");
  }

  #cancel(event: Fields): void {
    if (this.#response === undefined) return this.#refuse(event, "no answer is under way", "response_cancel_not_active");
    this.#isCancelled = true;
    this.#mouth.interrupt("the client has cancelled the answer");
  }

  #truncate(event: Fields): void {
    const { item_id = null, content_index = 0, audio_end_ms = 0 } = event;
    if (this.#response !== undefined && this.#response.item === item_id) this.#mouth.interrupt("the client has cut the answer");
    this.#say("conversation.item.truncated", { item_id, content_index, audio_end_ms });
  }

  #happened({ name, value, timestamp }: EventFrame): void {
    const at = fieldsOf(value)["timestamp_us"];
    const timestampUs = typeof at === "number" ? at : timestamp;
    if (name === "speech-started" || name === "speech-stopped") this.#items.speech(name === "speech-started", timestampUs);
  }

  #userSaid({ text, final, flags }: TextFrame): void {
    if (!final) return this.#items.partial(text);
    const isTurn = (flags & Flags.end) !== 0;
    if (!isTurn || !this.#hasTranscript) this.#items.final(text);
    this.#hasTranscript = !isTurn;
  }

  #answers({ text, final, flags }: TextFrame): void {
    const response = this.#answering();
    if (!final) this.#pieces += text;
    else if (text !== "") response.words(response.text === "" ? text : ` ${text}`);
    if (this.#session.isTextOnly && (flags & Flags.end) !== 0) this.#end("completed");
  }

  #answering(): RealtimeResponse {
    if (this.#response !== undefined) return this.#response;
    if (this.#items.isOpen) this.#items.commit();
    const { isTextOnly, modalities } = this.#session;
    const say = this.#say.bind(this);
    const [isBeta, conversation] = [this.#isBeta, this.#conversation];
    const response = new RealtimeResponse({ isBeta, isTextOnly, modalities, conversation, after: this.#items.latest, say });
    this.#items.follow(response.item);
    this.#response = response;
    return response;
  }

  #end(how: ResponseEnd): void {
    if (this.#response?.text === "" && this.#pieces !== "") this.#response.words(this.#pieces);
    this.#response?.end(how);
    this.#response = undefined;
    this.#pieces = "";
  }

  #refuse(event: Fields, message: string, code: string, param: string | null = null): void {
    const { event_id } = event;
    this.#mouth.say(realtimeError({ message, code, param, event_id: typeof event_id === "string" ? event_id : null }));
  }

  #say(type: string, fields: Fields): void {
    this.#mouth.say({ type, event_id: realtimeId("event"), ...fields });
  }
}
