/** Tells by loudness alone whether a microphone hears more than the delayed and damped sound of a loudspeaker. */

/** The loudness of both is compared in steps of this, ms. */
export const hopMs = 10;
const windowHops = 80;
/** Correlation of the loudness from which on the microphone is taken to hear the reference. */
const isEchoFrom = 0.85;
/** An echo may be so much louder than expected: rooms and codecs change it. */
const margin = 2;
const floorMargin = 4;
/** RMS below which the reference is taken for silent; what is heard of it is below any detector. */
const quiet = 0.001;
/** So many louder hops in a row are somebody's voice; it is let through until so many are not. */
const opensAfter = 3;
const closesAfter = 20;

/** How the reference reaches the microphone, as far as it is known. */
export class EchoPath {
  readonly #maxDelay: number;
  /** RMS by hop: the latest last. */
  readonly #mic: number[] = new Array(windowHops).fill(0);
  readonly #reference: number[];
  /** How much of the reference is heard; unknown at first. */
  #gain: number | undefined;
  /** The room without anybody in it: follows what is softer at once, and what is louder by half in a second. */
  #floor = 1;
  #louder = 0;
  #openHops = 0;
  /** The reference has sounded for a while, and nothing of it was ever heard. */
  #isUnrelated = false;

  /** @param maxDelayMs how much later the reference may be heard */
  constructor(maxDelayMs: number) {
    this.#maxDelay = Math.ceil(maxDelayMs / hopMs);
    this.#reference = new Array(windowHops + this.#maxDelay).fill(0);
  }

  /** One hop of both, RMS at full scale 1. Whether the microphone hears something else than the reference. */
  isOpen(mic: number, reference: number): boolean {
    push(this.#mic, mic);
    this.#floor = Math.min(mic, this.#floor * 1.004);
    push(this.#reference, reference);
    if (Math.max(...this.#reference) < quiet) {
      this.#louder = this.#openHops = 0;
      return true;
    }
    this.#learn();
    this.#louder = mic > this.#expected() ? this.#louder + 1 : 0;
    if (this.#louder >= opensAfter) this.#openHops = closesAfter;
    return this.#openHops-- > 0;
  }

  /** As loud as the echo may be now. Until it is known how much of the reference is heard, as loud as the reference itself. */
  #expected(): number {
    const loudest = Math.max(...this.#reference.slice(-1 - this.#maxDelay));
    const echo = this.#isUnrelated ? 0 : this.#gain === undefined ? loudest : margin * this.#gain * loudest;
    return echo + floorMargin * this.#floor;
  }

  #learn(): void {
    let best = { gain: 0, correlation: 0 };
    for (let delay = 0; delay <= this.#maxDelay; delay++) {
      const fit = this.#fit(delay);
      if (fit.correlation > best.correlation) best = fit;
    }
    // Slowly: short stretches of speech are like each other by chance, and somebody's voice adds to the echo.
    if (best.correlation >= isEchoFrom) this.#gain = this.#gain === undefined ? best.gain : this.#gain + 0.02 * (best.gain - this.#gain);
    const sounding = this.#reference.filter((level) => level >= quiet).length;
    this.#isUnrelated = this.#gain === undefined && sounding > 0.75 * windowHops;
  }

  /** How well the microphone's loudness follows the reference's at a delay. */
  #fit(delay: number): { readonly correlation: number; readonly gain: number } {
    const start = this.#reference.length - delay - windowHops;
    let [sumMic, sumReference, product, squareMic, square] = [0, 0, 0, 0, 0];
    for (let i = 0; i < windowHops; i++) {
      const [mic, reference] = [this.#mic[i] as number, this.#reference[start + i] as number];
      sumMic += mic;
      sumReference += reference;
      product += mic * reference;
      squareMic += mic * mic;
      square += reference * reference;
    }
    const covariance = product - (sumMic * sumReference) / windowHops;
    const spread = (squareMic - (sumMic * sumMic) / windowHops) * (square - (sumReference * sumReference) / windowHops);
    return { correlation: spread > 0 ? covariance / Math.sqrt(spread) : 0, gain: square > 0 ? product / square : 0 };
  }
}

function push(list: number[], value: number): void {
  list.shift();
  list.push(value);
}
