/** What the user says, as items of a conversation of the Realtime API. */
import type { JsonValue } from "@remotemedia/core";
import type { Fields } from "../foreign/json.ts";
import { realtimeId } from "./realtime-error.ts";

/** Tells one event. */
export type Say = (type: string, fields: Fields) => void;

/** The items of a conversation, in order, of which only the latest matters. */
export class UserItems {
  readonly #say: Say;
  readonly #isBeta: boolean;
  #latest: string | null = null;
  /** The item that is being spoken. */
  #open: string | undefined;
  #told = "";

  constructor(say: Say, isBeta: boolean) {
    this.#say = say;
    this.#isBeta = isBeta;
  }

  /** The last item of the conversation. */
  get latest(): string | null {
    return this.#latest;
  }

  /** Another item follows; gives the one before. */
  follow(item: string): string | null {
    const before = this.#latest;
    this.#latest = item;
    return before;
  }

  /** Speech begins, or ends. */
  speech(hasStarted: boolean, timestampUs: number): void {
    const ms = Math.max(Math.round(timestampUs / 1000), 0);
    const name = hasStarted ? "started" : "stopped";
    this.#say(`input_audio_buffer.speech_${name}`, { [hasStarted ? "audio_start_ms" : "audio_end_ms"]: ms, item_id: this.#item() });
  }

  /** Words so far, in place of those before. The protocol can only add: what was changed comes with the final ones. */
  partial(text: string): void {
    if (!text.startsWith(this.#told)) return;
    const delta = text.slice(this.#told.length);
    this.#told = text;
    if (delta !== "") this.#transcription("delta", { delta });
  }

  /** All words of the item, which is closed. */
  final(transcript: string): void {
    this.commit();
    this.#transcription("completed", { transcript, usage: { type: "duration", seconds: 0 } });
    this.#open = undefined;
    this.#told = "";
  }

  /** What was spoken belongs to the conversation now. Twice is once. */
  commit(): void {
    const item = this.#item();
    if (this.#latest === item) return;
    const previous_item_id = this.follow(item);
    this.#say("input_audio_buffer.committed", { previous_item_id, item_id: item });
    this.add(item, [{ type: "input_audio", transcript: null }], previous_item_id);
  }

  /** The user's item is told. */
  add(id: string, content: JsonValue, previous_item_id: string | null): void {
    const item = { id, object: "realtime.item", type: "message", role: "user", status: "completed", content };
    this.#say(this.#isBeta ? "conversation.item.created" : "conversation.item.added", { previous_item_id, item });
    if (!this.#isBeta) this.#say("conversation.item.done", { previous_item_id, item });
  }

  /** Whether something was spoken that is not committed. */
  get isOpen(): boolean {
    return this.#open !== undefined && this.#latest !== this.#open;
  }

  #item(): string {
    this.#open ??= realtimeId("item");
    return this.#open;
  }

  #transcription(what: "delta" | "completed", fields: Fields): void {
    this.#say(`conversation.item.input_audio_transcription.${what}`, { item_id: this.#item(), content_index: 0, ...fields });
  }
}
