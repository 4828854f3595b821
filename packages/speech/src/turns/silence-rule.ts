import { completeness } from "./completeness.ts";
import { Pauses } from "./pauses.ts";

/** The parameters that decide how much silence ends a turn, ms. */
export interface SilenceParams {
  readonly mode: "silence" | "adaptive" | "full";
  readonly silenceMs: number;
  readonly minSilenceMs: number;
  readonly maxSilenceMs: number;
}

/** Why a turn ended when it did. */
export type TurnReason = "silence" | "complete" | "unfinished";

/** Decides how much silence ends a turn. */
export class SilenceRule {
  readonly #params: SilenceParams;
  readonly #pauses: Pauses;

  constructor(params: SilenceParams) {
    this.#params = params;
    this.#pauses = new Pauses(params.silenceMs);
  }

  /** How much silence ends a turn that says this so far, and why. */
  after(text: string): { readonly silenceMs: number; readonly reason: TurnReason } {
    const { mode, silenceMs, minSilenceMs, maxSilenceMs } = this.#params;
    if (mode === "silence") return { silenceMs, reason: "silence" };
    const learntMs = Math.min(maxSilenceMs, Math.max(minSilenceMs, this.#pauses.wantedMs));
    const end = mode === "adaptive" ? "unsure" : completeness(text);
    if (end === "unsure") return { silenceMs: learntMs, reason: "silence" };
    return end === "complete" ? { silenceMs: minSilenceMs, reason: end } : { silenceMs: maxSilenceMs, reason: end };
  }

  /** The speaker went on after a pause within a turn. */
  wentOn(pauseUs: number): void {
    this.#pauses.wentOn(pauseUs / 1000);
  }
}
