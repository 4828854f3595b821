// @ts-check

/** What is said. `answer`: to the user; not `final`: a later one takes its place. @typedef {{ text: string, final: boolean, turn: number, answer: boolean }} Words */

/**
 * What a message of the data channel means: words, an event, the measurements of a level node; other JSON is shown as it is.
 *
 * @param {string} data
 * @returns {Words | { event: string, value: any } | { levelDb: number }}
 */
export function readMessage(data) {
  let value;
  try {
    value = JSON.parse(data);
  } catch {
    return plain(data);
  }
  if (value?.type === "text_response")
    return { text: String(value.text), final: value.final !== false, turn: Number(value.turn) || 0, answer: value.answer === true };
  if (value?.type === "event") return { event: String(value.name), value: value.value };
  if (typeof value?.rms_db === "number") return { levelDb: value.rms_db };
  return plain(typeof value?.message === "string" ? value.message : data);
}

/** @param {string} text @returns {Words} */
const plain = (text) => ({ text, final: true, turn: 0, answer: false });

/** Calls back with what somebody writes and sends. @param {HTMLFormElement} form @param {(text: string) => void} send */
export function onWritten(form, send) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    input.value = "";
    send(text);
  });
}
