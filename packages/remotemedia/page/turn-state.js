// @ts-check

/** @typedef {"idle" | "listening" | "user" | "thinking" | "agent" | "held"} TurnStateName */

/** @type {Record<TurnStateName, string>} */
const names = {
  idle: "Not in a call",
  listening: "Listening",
  user: "You speak",
  thinking: "The agent thinks",
  agent: "The agent speaks",
  held: "Waiting: you speak too",
};

/** Whose turn it is, from what the pipeline tells. */
export class TurnState {
  #lamp;
  #text;
  #isSpeech = false;
  #isThinking = false;
  #isPlaying = false;
  #isHeld = false;

  /** @param {HTMLElement} lamp @param {HTMLElement} text */
  constructor(lamp, text) {
    this.#lamp = lamp;
    this.#text = text;
  }

  /** @param {boolean} isLive whether somebody listens at all */
  reset(isLive) {
    this.#isSpeech = this.#isThinking = this.#isPlaying = this.#isHeld = false;
    this.#show(isLive ? "listening" : "idle");
  }

  /** @param {boolean} isSpeech */
  speech(isSpeech) {
    this.#isSpeech = isSpeech;
    this.#update();
  }

  /** The user is done. */
  ended() {
    this.#isThinking = true;
    this.#update();
  }

  /** @param {string} change of the answer: `held`, `released`, `interrupted`, `playback-started`, `playback-ended` */
  changed(change) {
    this.#isHeld = change === "held";
    if (change === "playback-started") this.#isPlaying = true;
    if (change === "playback-ended" || change === "interrupted") this.#isPlaying = false;
    if (change !== "held" && change !== "released") this.#isThinking = false;
    this.#update();
  }

  #update() {
    if (this.#isHeld) this.#show("held");
    else if (this.#isPlaying) this.#show("agent");
    else if (this.#isSpeech) this.#show("user");
    else this.#show(this.#isThinking ? "thinking" : "listening");
  }

  /** @param {TurnStateName} name */
  #show(name) {
    this.#lamp.dataset["turn"] = name;
    this.#text.textContent = names[name];
  }
}
