// @ts-check

/** When things happened, in µs of the session. @typedef {{ name: string, atUs: number, mediaUs: number }} TracedEvent */
/** When the stages of a turn came. @typedef {{ turn: number, events: TracedEvent[], transcripts: Record<string, { atUs: number }>, answers: Record<string, { textUs?: number, audioUs?: number }> }} TurnTrace */
/** A part of the wait for an answer. @typedef {{ name: string, ms: number }} Stage */

/**
 * What the wait for an answer was made of, from the end of the user's speech (or from the written text) to the first sound of the answer that
 * left for the ear. Stages that the pipeline does not have are left out.
 *
 * @param {TurnTrace} trace @param {boolean} isWritten whether the user wrote
 * @returns {Stage[]}
 */
export function stagesOf({ events, transcripts, answers }, isWritten) {
  const last = (/** @type {string} */ name) => events.filter((event) => event.name === name).at(-1);
  const texts = Object.values(transcripts).map(({ atUs }) => atUs);
  const spoken = isWritten ? undefined : last("speech-stopped");
  const first = (/** @type {"textUs" | "audioUs"} */ kind) => Math.min(...Object.values(answers).map((answer) => answer[kind] ?? Infinity));
  /** @type {[string, number | undefined][]} */
  const points = [
    ["end of turn", last("turn-ended")?.atUs],
    ["text", Math.max(...texts)],
    ["first word", first("textUs")],
    ["voice", first("audioUs")],
    ["heard", last("playback-started")?.atUs],
  ];
  let before = spoken?.mediaUs ?? Math.min(...texts.filter((atUs) => atUs > (last("speech-stopped")?.atUs ?? 0)));
  return points.flatMap(([name, atUs]) => {
    if (atUs === undefined || !Number.isFinite(atUs) || !Number.isFinite(before)) return [];
    // What was ready before it was needed took no time.
    const ms = Math.max(0, atUs - before) / 1000;
    before = Math.max(before, atUs);
    return [{ name, ms }];
  });
}

/** The length of a whole bar, so that answers can be compared. */
const wholeMs = 2000;

/** Stages as a bar, and in words. @param {Stage[]} stages @returns {HTMLElement} */
export function timesFigure(stages) {
  const figure = part("div", "times");
  const bar = part("span", "bar");
  const list = part("span", "stages");
  bar.ariaHidden = "true";
  for (const { name, ms } of stages) {
    const share = part("i");
    share.style.width = `${(100 * ms) / wholeMs}%`;
    const item = part("span", "", `${name} ${ms.toFixed(0)}`);
    for (const one of [share, item]) one.dataset["stage"] = name;
    bar.append(share);
    list.append(item, " ");
  }
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  figure.append(bar, part("span", "sum", `${total.toFixed(0)} ms`), list);
  return figure;
}

/** @param {string} tag */
const part = (tag, className = "", textContent = "") => Object.assign(document.createElement(tag), { className, textContent });
