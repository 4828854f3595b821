// @ts-check

/** Nobody can read more. */
const figureMs = 250;

/** A level meter, and the figure beside it. */
export class Level {
  #meter;
  #text;
  #figureAt = 0;

  /** @param {HTMLElement} meter a `<meter>` in dB @param {HTMLElement} text */
  constructor(meter, text) {
    this.#meter = /** @type {HTMLMeterElement} */ (meter);
    this.#text = text;
  }

  /** @param {number} db full scale is 0 */
  show(db) {
    this.#draw(db);
    const now = performance.now();
    if (now - this.#figureAt < figureMs) return;
    this.#figureAt = now;
    this.#text.textContent = db <= this.#meter.min ? "silent" : `${db.toFixed(0).replace("-", "−")} dB`;
  }

  clear() {
    this.#draw(this.#meter.min);
    this.#text.textContent = "–";
  }

  /** @param {number} db */
  #draw(db) {
    const meter = this.#meter;
    meter.value = db;
    meter.style.backgroundSize = `${((meter.value - meter.min) / (meter.max - meter.min)) * 100}% 100%`;
  }
}

/** RMS in dB. @param {Float32Array} samples */
export function loudnessOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / samples.length + 1e-12);
}
