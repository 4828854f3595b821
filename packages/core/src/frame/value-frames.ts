/** Text, JSON and events. */
import { type FrameInit, type JsonValue, ValueFrame } from "./base-frame.ts";

/** Text: a transcript, a token, an answer. */
export class TextFrame extends ValueFrame {
  readonly kind = "text";
  readonly text: string;
  /** False for a partial result that a later one replaces. */
  readonly final: boolean;

  /** @internal use {@link textFrame} */
  constructor(init: FrameInit & { readonly text: string; readonly final?: boolean }) {
    super(init);
    this.text = init.text;
    this.final = init.final ?? true;
  }

  /** @internal */
  copyHeader(): this {
    return new TextFrame(this) as this;
  }
}

/** Any plain JSON value. */
export class JsonFrame extends ValueFrame {
  readonly kind = "json";
  readonly value: JsonValue;

  /** @internal use {@link jsonFrame} */
  constructor(init: FrameInit & { readonly value: JsonValue }) {
    super(init);
    this.value = init.value;
  }

  /** @internal */
  copyHeader(): this {
    return new JsonFrame(this) as this;
  }
}

/** Something happened: `speech-started`, `speech-stopped`, `turn-ended`, `marker` … */
export class EventFrame extends ValueFrame {
  readonly kind = "event";
  readonly name: string;
  readonly value: JsonValue;

  /** @internal use {@link eventFrame} */
  constructor(init: FrameInit & { readonly name: string; readonly value?: JsonValue }) {
    super(init);
    this.name = init.name;
    this.value = init.value ?? null;
  }

  /** @internal */
  copyHeader(): this {
    return new EventFrame(this) as this;
  }
}

/** A text frame. @example textFrame("hello") */
export const textFrame = (text: string, init: FrameInit & { readonly final?: boolean } = {}): TextFrame => new TextFrame({ ...init, text });

/** A frame of plain JSON. @example jsonFrame({ answer: 42 }) */
export const jsonFrame = (value: JsonValue, init: FrameInit = {}): JsonFrame => new JsonFrame({ ...init, value });

/** An event. @example eventFrame("marker", { name: "chorus" }) */
export const eventFrame = (name: string, value: JsonValue = null, init: FrameInit = {}): EventFrame =>
  new EventFrame({ ...init, name, value });
