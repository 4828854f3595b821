// @ts-check

/** @typedef {import("./text-channel.js").Words} Words */
/** An answer, as it is shown. @typedef {{ line: HTMLElement, words: HTMLElement, text: string, isWhole: boolean, isCut: boolean }} Answer */
/** What the user says: what is sure of it, and where it is shown. @typedef {{ line: HTMLElement, words: HTMLElement, sure: string }} Utterance */

const mostLines = 100;
const mostEarly = 8;
/** Who has scrolled up further than this reads something else. */
const nearPx = 40;

/** What was said, by whom, and what of it was heard. */
export class Conversation {
  #log;
  /** Whether words that are no answer are the user's own, recognized. */
  isWithAgent = false;
  /** Whether the pipeline decides about turns, and the user's is not over. */
  isTurnOpen = false;
  /** Grows until it is final, or until the turn ends where the pipeline decides about turns. @type {Utterance | undefined} */
  #utterance;
  /** @type {Utterance | undefined} */
  #lastHeard;
  /** What was said in passing and is not shown yet. @type {string | undefined} */
  #aside;
  /** By turn. @type {Map<number, Answer>} */
  #answers = new Map();
  /** What became of answers whose words are still on their way: those come by another way. @type {{ turn: number, change: (answer: Answer) => void }[]} */
  #early = [];

  /** @param {HTMLElement} log a list */
  constructor(log) {
    this.#log = log;
  }

  /** A new session counts its turns anew; what was said stays. @param {boolean} isWithAgent whether words that are no answer are the user's own */
  begin(isWithAgent) {
    this.isWithAgent = isWithAgent;
    this.isTurnOpen = false;
    this.#utterance = undefined;
    this.#answers.clear();
    this.#early = [];
  }

  /** What the user wrote. @param {string} text */
  write(text) {
    this.#utterance = undefined;
    this.#add("user", "You").words.textContent = text;
  }

  /** @param {Words} words */
  say(words) {
    if (words.answer) this.#answer(words);
    else this.#hear(words);
  }

  /** What the page has no better place for. @param {string} text */
  note(text) {
    this.#add("note", "Event").words.textContent = text;
  }

  /** @param {boolean} isOpen the user's turn: what is recognized until it ends belongs together */
  turn(isOpen) {
    this.isTurnOpen = isOpen;
    if (!this.#utterance?.line.ariaBusy) this.#utterance = undefined;
  }

  /** Words that were said in passing; they may be shown already, or come next. @param {string} text */
  aside(text) {
    if (this.#lastHeard?.sure === text) this.#lastHeard.line.classList.add("aside");
    else this.#aside = text;
  }

  /**
   * An answer was interrupted; one of which nothing was heard was none.
   *
   * @param {number} turn @param {{ durationUs: number, text?: string }} heard
   */
  cut(turn, heard) {
    this.#become(turn, (answer) => this.#cut(answer, heard));
  }

  /** An answer begins to be heard. @param {number} turn @param {HTMLElement} times what it took */
  heard(turn, times) {
    this.#become(turn, ({ line }) => {
      line.classList.remove("ahead");
      this.#following(() => line.append(times));
    });
  }

  /** @param {number} turn @param {(answer: Answer) => void} change */
  #become(turn, change) {
    const answer = this.#answers.get(turn);
    if (answer !== undefined) return change(answer);
    this.#early.push({ turn, change });
    if (this.#early.length > mostEarly) this.#early.shift();
  }

  /** @param {Answer} answer @param {{ durationUs: number, text?: string }} heard */
  #cut(answer, { durationUs, text }) {
    answer.isCut = true;
    if (durationUs === 0) return answer.line.remove();
    const mark = Object.assign(document.createElement("span"), { className: "mark" });
    mark.textContent = ` interrupted after ${(durationUs / 1e6).toFixed(1)} s `;
    const at = text === undefined ? answer.text.length : lengthOf(answer.text, text);
    const lost = Object.assign(document.createElement("s"), { textContent: answer.text.slice(at).trim() });
    this.#following(() => answer.words.replaceChildren(answer.text.slice(0, at), mark, lost));
  }

  /** @param {Words} words */
  #hear({ text, final }) {
    const utterance = this.#utterance ?? (this.isWithAgent ? this.#add("user", "You") : this.#add("agent", "Pipeline"));
    this.#utterance = utterance;
    this.#following(() => {
      if (final) utterance.sure = joined(utterance.sure, text);
      utterance.words.textContent = utterance.sure;
      if (!final) utterance.words.append(partial(utterance.sure === "" ? text : ` ${text}`));
      // Whoever hears the page is told what is said when it is sure.
      utterance.line.ariaBusy = final ? null : "true";
    });
    this.#lastHeard = utterance;
    if (!final) return;
    if (utterance.sure === this.#aside) this.aside(utterance.sure);
    this.#aside = undefined;
    if (utterance.sure === "") utterance.line.remove();
    if (utterance.sure === "" || !this.isTurnOpen) this.#utterance = undefined;
  }

  /** Sentences, or pieces of them: those are not final. @param {Words} words */
  #answer({ text, final, turn }) {
    if (text === "" && !this.#answers.has(turn)) return;
    const answer = this.#answers.get(turn) ?? { ...this.#add("agent ahead", "Agent"), text: "", isWhole: true, isCut: false };
    this.#answers.set(turn, answer);
    if (this.#answers.size > mostLines) this.#answers.delete(/** @type {number} */ (this.#answers.keys().next().value));
    if (answer.isCut) return;
    answer.text += answer.isWhole && answer.text !== "" ? ` ${text}` : text;
    answer.isWhole = final;
    this.#following(() => {
      answer.words.textContent = answer.text;
    });
    const early = this.#early.filter((one) => one.turn === turn);
    this.#early = this.#early.filter((one) => one.turn !== turn);
    for (const { change } of early) change(answer);
  }

  /** @param {string} kind @param {string} who @returns {Utterance} */
  #add(kind, who) {
    const line = Object.assign(document.createElement("li"), { className: kind });
    const words = document.createElement("p");
    line.append(hidden(`${who}: `), words);
    this.#following(() => this.#log.append(line));
    while (this.#log.childElementCount > mostLines) this.#log.firstElementChild?.remove();
    return { line, words, sure: "" };
  }

  /** The end stays in sight for whoever looks at it. @param {() => void} change */
  #following(change) {
    const log = this.#log;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < nearPx;
    change();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }
}

/** @param {string} before @param {string} text */
const joined = (before, text) => [before, text.trim()].filter((part) => part !== "").join(" ");

/** @param {string} text */
const hidden = (text) => Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: text });

/** @param {string} text */
const partial = (text) => Object.assign(document.createElement("span"), { className: "partial", textContent: text });

/** How much of a text was heard; spaces may differ between what is shown and what was spoken. @param {string} text @param {string} heard */
function lengthOf(text, heard) {
  let left = heard.replace(/\s/g, "").length;
  let at = 0;
  while (left > 0 && at < text.length) if (/\S/.test(text.charAt(at++))) left--;
  return at;
}
