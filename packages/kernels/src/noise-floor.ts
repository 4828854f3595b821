/** An estimate of the background noise from a series of levels. */
export interface NoiseFloor {
  /** Takes the level (RMS) of the next analysis frame. */
  observe(rms: number): void;
  /** The floor now, RMS; 0 until enough was heard. */
  readonly floor: number;
  reset(): void;
}

/** 8 sections of 12 frames: at 30 ms a frame, the floor is the quietest frame of the last 2.5 to 2.9 s. */
const sections = 8;
const framesPerSection = 12;

/**
 * Minimum statistics (R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE Trans.
 * Speech and Audio Processing 9(5), 2001), on the level of the whole band: people pause within any few seconds, so the lowest level of that
 * time is the noise. A window of sections needs no search: each keeps its minimum, the oldest is forgotten as a whole.
 *
 * Left out on purpose: the smoothing and bias compensation, since the RMS of hundreds of samples of noise varies by a few per
 * cent only. Compared with an average that rises slowly and falls fast, it does not creep up during long speech.
 *
 * While the first section is being heard the floor is 0 and the threshold alone decides: a recording may start in the middle of a word.
 */
export function createNoiseFloor(): NoiseFloor {
  const minima = new Float64Array(sections);
  let current = 0;
  let frames = 0;
  let floor = 0;

  const reset = (): void => {
    minima.fill(Number.POSITIVE_INFINITY);
    current = 0;
    frames = 0;
    floor = 0;
  };
  reset();

  const startSection = (): void => {
    frames = 0;
    current = (current + 1) % sections;
    minima[current] = Number.POSITIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < sections; index++) lowest = Math.min(lowest, minima[index] as number);
    floor = lowest < Number.POSITIVE_INFINITY ? lowest : 0;
  };

  return {
    observe(rms) {
      if (rms < (minima[current] as number)) minima[current] = rms;
      if (rms < floor) floor = rms;
      if (++frames === framesPerSection) startSection();
    },
    get floor() {
      return floor;
    },
    reset,
  };
}
