import type { EventFrame, JsonValue, NodeContext, Output, ParamsOf, TextFrame } from "@remotemedia/core";
import { realWords, wordsOf } from "./completeness.ts";
import { joinTexts, Segments } from "./segments.ts";
import { SilenceRule } from "./silence-rule.ts";
import { Timers } from "./timers.ts";
import { type TurnAction, type TurnEvent, type TurnState, turnTable } from "./turn-machine.ts";
import { type EndedTurn, type EndReason, TurnOutput } from "./turn-output.ts";
import type { turnParams } from "./turn-params.ts";

/** How long a detector has waited that does not tell. */
const usualHangoverUs = 250_000;

/** A turn that was given to be answered. */
interface Given extends EndedTurn {
  readonly turn: number;
  readonly atUs: number;
}

/** Turns of a conversation: tells the table what happens, and does what the table says. */
export class LiveTurns {
  readonly #params: ParamsOf<typeof turnParams>;
  readonly #context: NodeContext;
  readonly #output: TurnOutput;
  readonly #rule: SilenceRule;
  readonly #segments = new Segments();
  readonly #timers: Timers<"decide" | "long" | "held-too-long">;
  #state: TurnState = "idle";
  #hasBegun = false;
  /** The last turn that was given. */
  #given: Given | undefined;
  /** What is said now goes on from it. */
  #joined: Given | undefined;
  /** The turn whose answer was put on hold. */
  #heldTurn = 0;
  /** When the silence began, and when it was noticed; µs of the clock. */
  #silentUs = 0;
  #noticedUs = 0;
  #reason: EndReason = "silence";
  #isInterrupting = false;

  constructor(params: ParamsOf<typeof turnParams>, context: NodeContext, out: Output<"out" | "events">) {
    this.#params = params;
    this.#context = context;
    this.#output = new TurnOutput(out);
    this.#rule = new SilenceRule(params);
    this.#timers = new Timers(context.clock);
  }

  takeEvent(frame: EventFrame): void {
    if (frame.name === "speech-started") this.#started(frame);
    else if (frame.name === "speech-stopped") this.#stopped(frame.timestamp, frame.value as StoppedValue);
  }

  takeText(frame: TextFrame): void {
    if (!this.#segments.take(frame)) return;
    this.#output.follow(frame);
    if (this.#state !== "idle") this.#judge();
    else if (frame.final) this.#step(this.#isWorthATurn(frame.text) ? "words" : "nothing");
    if (this.#state === "waiting") this.#decide();
  }

  /** The session ends: what was said is given as it is. */
  flush(): void {
    if (this.#state === "held" || this.#state === "judging") this.#step(realWords(this.#segments.text) > 0 ? "words" : "nothing");
    if (this.#state === "listening") this.#step("silence");
    this.#reason = "end";
    this.#step("turn-over");
    this.stop();
  }

  /** The turn has risen: by somebody else, or by what is done here. */
  raised(): void {
    if (this.#isInterrupting) return;
    this.#given = undefined;
    this.#cancelHold();
    this.#step("raised");
    if (this.#state === "waiting") this.#decide();
  }

  stop(): void {
    this.#timers.cancelAll();
  }

  get #nowUs(): number {
    return this.#context.clock.nowUs();
  }

  // what happens

  #started(frame: EventFrame): void {
    const event = this.#speechEvent();
    // By the clock: what has to be waited for is the pause and the time until the detector notices that it is over.
    if (this.#state === "waiting" || event === "speech-before-answer") this.#rule.wentOn(this.#nowUs - this.#silentUs);
    this.#segments.start(frame);
    this.#timers.cancel("decide");
    this.#step(event);
    if (this.#state === "held") this.#timers.set("long", this.#params.interruptAfterMs, () => this.#lasted());
  }

  /** What it means that somebody begins to speak now. */
  #speechEvent(): TurnEvent {
    const { isPlaying, turn } = this.#context.answer();
    if (isPlaying) return speechDuringAnswer[this.#params.bargeIn];
    const given = this.#given;
    const isUnheard = given?.turn === turn && this.#nowUs - given.atUs <= this.#params.joinMs * 1000;
    return isUnheard ? "speech-before-answer" : "speech";
  }

  #stopped(timestampUs: number, { silence_us, duration_us, reason }: StoppedValue): void {
    this.#segments.stop(timestampUs);
    this.#timers.cancel("long");
    this.#noticedUs = this.#nowUs;
    this.#silentUs = this.#noticedUs - (silence_us ?? (reason === "silence" ? usualHangoverUs : 0));
    this.#step("silence");
    const isShort = duration_us !== undefined && duration_us < this.#params.minSpeechMs * 1000;
    if (this.#state === "judging" && isShort && this.#segments.current.length === 1) this.#step("nothing");
    this.#judge();
    if (this.#state === "waiting") this.#decide();
  }

  /** Whether the text says what a sound was that an answer was put on hold for. */
  #judge(): void {
    const { text, areFinal } = this.#segments;
    const isPaused = this.#state === "held" || this.#state === "judging";
    if (!isPaused && !(this.#state === "listening" && this.#context.answer().isPlaying)) return;
    if (realWords(text) >= this.#params.minWords) this.#step("words");
    else if (this.#state === "judging" && areFinal) this.#step(this.#verdict(text));
  }

  /** "Yes" is an answer, and no backchannel, when the agent has finished meanwhile. */
  #verdict(text: string): TurnEvent {
    if (wordsOf(text).length === 0) return "nothing";
    return this.#context.answer().turn === this.#heldTurn ? "backchannel" : "words";
  }

  /** Text that nothing waited for. */
  #isWorthATurn(text: string): boolean {
    return this.#context.answer().isPlaying ? realWords(text) >= this.#params.minWords : wordsOf(text).length > 0;
  }

  /** As long as only "mm-hm" is recognized, the longest hold alone ends it. */
  #lasted(): void {
    const { text } = this.#segments;
    if (text === "" || realWords(text) > 0) this.#step("long");
  }

  /** The silence goes on: ends the turn, or waits for the rest of the silence or of the text. */
  #decide(): void {
    const text = this.#wholeText;
    const { areFinal } = this.#segments;
    if (text === "" && areFinal) return this.#step("nothing");
    const { silenceMs, reason } = this.#rule.after(text);
    const waitMs = silenceMs - (this.#nowUs - this.#silentUs) / 1000;
    const asrMs = areFinal ? 0 : this.#params.asrTimeoutMs - (this.#nowUs - this.#noticedUs) / 1000;
    if (waitMs > 0) this.#timers.set("decide", Math.ceil(waitMs), () => this.#decide());
    else if (asrMs > 0) this.#timers.set("decide", Math.ceil(asrMs), () => this.#decide());
    else {
      this.#reason = areFinal ? reason : "asr-timeout";
      this.#step(text === "" ? "nothing" : "turn-over");
    }
  }

  get #wholeText(): string {
    return joinTexts([this.#joined?.text ?? "", this.#segments.text]);
  }

  // what is done

  #step(event: TurnEvent): void {
    const step = turnTable[this.#state][event];
    if (step === undefined) return;
    this.#state = step.next;
    for (const action of step.actions) this.#do(action);
  }

  #do(action: TurnAction): void {
    switch (action) {
      case "begin":
        return this.#begin();
      case "interrupt":
        return this.#interrupt();
      case "join":
        this.#joined = this.#given;
        return;
      case "hold":
        this.#heldTurn = this.#context.answer().turn;
        this.#timers.set("held-too-long", this.#params.maxHoldMs, () => this.#step("held-too-long"));
        return this.#context.hold();
      case "release":
        this.#cancelHold();
        return this.#context.release();
      case "give":
        return this.#give();
      case "forget":
        return this.#segments.clear();
      case "ignore":
        return this.#segments.ignore();
      case "tell-backchannel":
        return this.#tell("backchannel", { text: this.#segments.text });
      case "tell-false-interruption":
        return this.#tell("false-interruption");
    }
  }

  /** Where the current turn was given, and its answer is still to come, what begins now will end it: it is the next one. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { turn } = this.#context.answer();
    this.#tell("turn-started", { turn: this.#given?.turn === turn ? turn + 1 : turn });
  }

  #interrupt(): void {
    const { turn, heard, isHeld } = this.#context.answer();
    const isOver = this.#timers.has("held-too-long") && turn !== this.#heldTurn;
    this.#cancelHold();
    // It was heard to its end while it was on hold.
    if (isOver) return isHeld ? this.#context.release() : undefined;
    this.#raise("barge-in");
    this.#tell("interrupted", { heard_us: heard.durationUs, text: heard.text ?? "" });
  }

  #give(): void {
    if (this.#wholeText !== "") this.#endUnheard();
    const { turn } = this.#context.answer();
    const ended: EndedTurn = { ...this.#spoken(), silenceMs: (this.#nowUs - this.#silentUs) / 1000, reason: this.#reason };
    if (ended.text !== "") this.#given = { ...ended, turn, atUs: this.#nowUs };
    this.#joined = undefined;
    this.#hasBegun = false;
    this.#reason = "silence";
    this.#segments.clear();
    this.#timers.cancel("decide");
    void this.#output.give(ended, turn);
  }

  /** Two questions in one turn: the end of the first answer would end the second one too. */
  #endUnheard(): void {
    const { turn, isPlaying } = this.#context.answer();
    if (isPlaying) this.#interrupt();
    else if (this.#given?.turn === turn) this.#raise("the next question");
  }

  #raise(reason: string): void {
    this.#isInterrupting = true;
    this.#context.interrupt(reason);
    this.#isInterrupting = false;
  }

  #spoken() {
    const { current } = this.#segments;
    const [first, last] = [this.#joined ?? current[0], current.at(-1) ?? this.#joined];
    const [stream, startedUs] = [first?.stream, first?.startedUs ?? 0];
    const replaces = this.#joined && { replacesTurn: this.#joined.turn };
    return { text: this.#wholeText, stream, startedUs, stoppedUs: last?.stoppedUs ?? startedUs, ...replaces };
  }

  /** Tells something of the speech that is being heard or was heard last. */
  #tell(name: string, value: JsonValue = null): void {
    const about = this.#segments.current.at(-1) ?? this.#given;
    this.#output.tell(name, value, about?.stream, about?.startedUs ?? 0);
  }

  #cancelHold(): void {
    this.#timers.cancel("held-too-long");
    this.#timers.cancel("long");
  }
}

/** What `speech-stopped` says. */
type StoppedValue = { readonly silence_us?: number; readonly duration_us?: number; readonly reason?: string };

const speechDuringAnswer = { hold: "speech-to-hold", immediate: "speech-to-interrupt", off: "speech-to-ignore" } as const;
