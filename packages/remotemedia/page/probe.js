// @ts-check

/** Looks at the samples of a stream as they pass. */
export class Probe {
  #analyser;
  #source;
  #samples;

  /** @param {AudioContext} context @param {MediaStream} stream */
  constructor(context, stream) {
    this.#analyser = new AnalyserNode(context, { fftSize: 2048 });
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
    this.#samples = new Float32Array(this.#analyser.fftSize);
  }

  /** The samples of the last so many ms (at most about 40), oldest first; a view that the next call overwrites. @param {number} ms */
  last(ms) {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const count = Math.round((ms * this.#analyser.context.sampleRate) / 1000);
    return this.#samples.subarray(Math.max(0, this.#samples.length - count));
  }

  close() {
    this.#source.disconnect();
  }
}
