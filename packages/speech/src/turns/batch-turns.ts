import type { EventFrame, Output, TextFrame } from "@remotemedia/core";
import { joinTexts, type Segment, Segments } from "./segments.ts";
import { type SilenceParams, SilenceRule } from "./silence-rule.ts";
import { TurnOutput } from "./turn-output.ts";

/** Turns of a recording: a pause is as long as media time says, whenever its texts come. */
export class BatchTurns {
  readonly #rule: SilenceRule;
  readonly #segments = new Segments();
  readonly #output: TurnOutput;

  constructor(params: SilenceParams, out: Output<"out" | "events">) {
    this.#rule = new SilenceRule(params);
    this.#output = new TurnOutput(out);
  }

  takeText(frame: TextFrame): void | Promise<void> {
    this.#segments.take(frame);
    this.#output.follow(frame);
    return this.#giveKnown();
  }

  takeEvent(frame: EventFrame): void | Promise<void> {
    if (frame.name === "speech-stopped") this.#segments.stop(frame.timestamp);
    if (frame.name !== "speech-started") return;
    this.#segments.start(frame);
    return this.#giveKnown();
  }

  /** Gives what is left; a text that never became final counts as it is. */
  async flush(): Promise<void> {
    await this.#giveKnown(true);
  }

  raised(): void {}

  stop(): void {}

  /** Gives every turn whose end is known: its texts are final, and speech went on later than it would have been waited for. */
  async #giveKnown(isEnd = false): Promise<void> {
    const waiting = this.#segments.current;
    for (let count = 1; count <= waiting.length; count++) {
      const [segment, next] = [waiting[count - 1] as Segment, waiting[count]];
      if (!isEnd && (!segment.isFinal || next === undefined)) return;
      const text = joinTexts(waiting.slice(0, count).map((part) => part.text));
      const { silenceMs, reason } = this.#rule.after(text);
      const pauseUs = next === undefined ? Number.POSITIVE_INFINITY : next.startedUs - endOf(segment);
      if (pauseUs < silenceMs * 1000) this.#rule.wentOn(pauseUs);
      else {
        const [first] = waiting.splice(0, count) as [Segment];
        count = 0;
        const times = { stream: first.stream, startedUs: first.startedUs, stoppedUs: endOf(segment) };
        await this.#output.give({ text, ...times, silenceMs, reason: next === undefined ? "end" : reason }, 1);
      }
    }
  }
}

const endOf = ({ startedUs, stoppedUs }: Segment): number => stoppedUs ?? startedUs;
