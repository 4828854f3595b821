// @ts-check

const mostLines = 100;

/**
 * What a message of the data channel means: text to show, an event, the measurements of a level node, or other JSON.
 *
 * @param {string} data
 * @returns {{ text: string } | { event: string, value: any } | { levelDb: number }}
 */
export function readMessage(data) {
  let value;
  try {
    value = JSON.parse(data);
  } catch {
    return { text: data };
  }
  if (value?.type === "text_response") return { text: String(value.text) };
  if (value?.type === "event") return { event: String(value.name), value: value.value };
  if (typeof value?.rms_db === "number") return { levelDb: value.rms_db };
  return { text: typeof value?.message === "string" ? value.message : data };
}

/** The conversation. */
export class TextChannel {
  #log;

  /** @param {HTMLElement} log @param {HTMLFormElement} form @param {(text: string) => void} send */
  constructor(log, form, send) {
    this.#log = log;
    const input = /** @type {HTMLInputElement} */ (form.querySelector("input"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text === "") return;
      input.value = "";
      send(text);
      this.show("You", text);
    });
  }

  /** @param {string} who @param {string} text */
  show(who, text) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.className = "who";
    name.textContent = `${who}: `;
    line.append(name, text);
    this.#log.append(line);
    while (this.#log.childElementCount > mostLines) this.#log.firstElementChild?.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
