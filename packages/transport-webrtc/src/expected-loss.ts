/** What the encoder is told of the peer's losses. */

const looks = 3;
const worthwhile = 0.05;

/**
 * @internal Error correction helps only above 5 % of loss, and costs the encoder four times the CPU: it begins when three reports in a row, some
 * seconds, tell of more, and ends when three tell of less. A burst that is over costs nothing.
 */
export class ExpectedLoss {
  #reports: number[] = [];
  #isLossy = false;

  /** Takes a report of the peer, 0 to 1; gives the percentage to encode for, 0 while it is not worthwhile. */
  report(lossRatio: number): number {
    this.#reports = [...this.#reports, lossRatio].slice(-looks);
    if (this.#reports.length === looks && this.#reports.every((ratio) => ratio > worthwhile !== this.#isLossy))
      this.#isLossy = !this.#isLossy;
    const mean = this.#reports.reduce((sum, ratio) => sum + ratio, 0) / looks;
    return this.#isLossy ? 100 * Math.max(mean, worthwhile + 0.01) : 0;
  }
}
