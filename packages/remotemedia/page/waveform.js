// @ts-check

/** Five seconds of columns. */
const columnMs = 20;
const columns = 250;

/** Draws what passes a probe, the newest at the right. */
export class Waveform {
  #canvas;
  #peaks = new Float32Array(columns);
  /** Where the next column goes; the ring never moves. */
  #next = 0;
  #drawnMs = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    // Also tells the first size.
    new ResizeObserver(() => this.#resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** Takes what came since the last call. @param {import("./probe.js").Probe | undefined} probe @param {number} nowMs */
  advance(probe, nowMs) {
    // After a pause (a hidden page) nobody knows what was heard.
    if (nowMs - this.#drawnMs > columnMs * columns) this.clear(nowMs);
    const count = Math.floor((nowMs - this.#drawnMs) / columnMs);
    if (count === 0) return;
    this.#drawnMs += count * columnMs;
    const samples = probe?.last(count * columnMs) ?? new Float32Array(1);
    for (let i = 0; i < count; i++) this.#push(peakOf(samples, i / count, (i + 1) / count));
    this.#draw();
  }

  /** @param {number} nowMs */
  clear(nowMs = 0) {
    this.#peaks.fill(0);
    this.#drawnMs = nowMs - columnMs;
    this.#draw();
  }

  /** @param {number} peak */
  #push(peak) {
    this.#peaks[this.#next] = peak;
    this.#next = (this.#next + 1) % columns;
  }

  #resize() {
    this.#canvas.width = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * devicePixelRatio);
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext("2d");
    if (context === null || width === 0) return;
    context.clearRect(0, 0, width, height);
    context.fillStyle = getComputedStyle(this.#canvas).color;
    const pitch = width / columns;
    for (let i = 0; i < columns; i++) {
      // The root shows quiet speech too.
      const share = Math.sqrt(Math.min(1, /** @type {number} */ (this.#peaks[(this.#next + i) % columns])));
      const tall = Math.max(devicePixelRatio, share * height * 0.94);
      context.fillRect(i * pitch, (height - tall) / 2, Math.max(1, pitch * 0.7), tall);
    }
  }
}

/** @param {Float32Array} samples @param {number} from share of them @param {number} to */
function peakOf(samples, from, to) {
  let peak = 0;
  for (const sample of samples.subarray(Math.floor(from * samples.length), Math.ceil(to * samples.length)))
    peak = Math.max(peak, Math.abs(sample));
  return peak;
}
