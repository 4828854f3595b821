import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Frame } from "@remotemedia/core";

const quietMs = 1_000;
const redrawMs = 100;
const barWidth = 24;

/** A bar on the terminal for work that takes longer than a second: how far the input is read, and how fast. */
export class Progress {
  readonly #startMs = performance.now();
  #drawnMs = 0;
  #totalSeconds: number | undefined;

  /** A frame has been read from a file; the first one that comes says how long it all is. */
  readonly follow = (path: string, { timestamp, duration }: Frame): void => {
    const nowMs = performance.now();
    if (nowMs - this.#startMs < quietMs || nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    this.#totalSeconds ??= secondsOf(path);
    const seconds = (timestamp + duration) / 1e6;
    const speed = (seconds * 1000) / (nowMs - this.#startMs);
    draw(this.#totalSeconds > 0 ? seconds / this.#totalSeconds : 0, `${clock(seconds)}  ${speed.toFixed(0)}× real time`);
  };

  /** Takes the bar away. */
  finish(): void {
    if (this.#drawnMs > 0) erase();
  }
}

/** A bar for work whose share is known. */
export function drawBar(): { draw(share: number, label: string): void; finish(): void } {
  let drawnMs = 0;
  return {
    draw(share, label) {
      const nowMs = performance.now();
      if (nowMs - drawnMs < redrawMs) return;
      drawnMs = nowMs;
      draw(share, label);
    },
    finish: () => (drawnMs > 0 ? erase() : undefined),
  };
}

function draw(part: number, label: string): void {
  const share = Math.min(1, part);
  const filled = Math.round(share * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  process.stderr.write(`\r${bar} ${(share * 100).toFixed(0).padStart(3)} %  ${label}\x1b[K`);
}

const erase = (): void => void process.stderr.write("\r\x1b[K");

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** About how long a WAV is: its size by the bytes per second that its header names. */
function secondsOf(path: string): number {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(4096);
    readSync(file, head);
    return statSync(path).size / head.readUInt32LE(Math.max(0, head.indexOf("fmt ")) + 16);
  } finally {
    closeSync(file);
  }
}
