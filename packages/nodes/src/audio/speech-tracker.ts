/** How a {@link SpeechTracker} turns decisions into speech; lengths in analysis frames. */
export interface SpeechRules {
  /** Frames of speech in a row that make a start. */
  readonly minSpeech: number;
  /** Frames without speech that make an end, at least 1. */
  readonly hangover: number;
  /** The longest speech, after which it is cut; it goes on as a new one. */
  readonly maxSpeech: number;
}

/** What a decision changed. `cut`: speech reached its greatest length; it goes on as a new one. */
export type SpeechChange = "started" | "stopped" | "cut" | undefined;

/** Decides from one decision per analysis frame when speech starts and stops. */
export class SpeechTracker {
  readonly #rules: SpeechRules;
  #silence = 0;
  #length = 0;
  #wasCut = false;
  /** Whether speech is going on. */
  isSpeaking = false;
  /** Frames of speech in a row until now; at a start, how long ago it was. */
  run = 0;

  constructor(rules: SpeechRules) {
    this.#rules = rules;
  }

  /** Takes the next decision. */
  observe(isSpeech: boolean): SpeechChange {
    this.run = isSpeech ? this.run + 1 : 0;
    return this.isSpeaking ? this.#goOn(isSpeech) : this.#mayStart(isSpeech);
  }

  #mayStart(isSpeech: boolean): SpeechChange {
    // What goes on after a cut has shown already that it is no click.
    const isStart = isSpeech && (this.#wasCut || this.run >= this.#rules.minSpeech);
    this.#wasCut = false;
    if (!isStart) return undefined;
    this.isSpeaking = true;
    this.#silence = 0;
    this.#length = this.run;
    return "started";
  }

  #goOn(isSpeech: boolean): SpeechChange {
    this.#length++;
    this.#silence = isSpeech ? 0 : this.#silence + 1;
    if (this.#silence >= this.#rules.hangover) return this.#stop("stopped");
    return this.#length >= this.#rules.maxSpeech ? this.#stop("cut") : undefined;
  }

  #stop(how: "stopped" | "cut"): SpeechChange {
    this.isSpeaking = false;
    this.run = 0;
    this.#wasCut = how === "cut";
    return how;
  }

  /** Forgets everything. */
  reset(): void {
    this.isSpeaking = false;
    this.run = 0;
    this.#wasCut = false;
  }
}
