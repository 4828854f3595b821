import { audioFrame, memoryCarriers, VirtualClock } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { transportSuite } from "../src/index.ts";

for (const delayMs of [0, 30])
  transportSuite(
    `memory with a delay of ${delayMs} ms`,
    {
      delayMs,
      join: async () => {
        const clock = new VirtualClock();
        const pair = memoryCarriers({ clock, delayMs });
        // Time stands still unless somebody moves it; what only waits for the way gets there all the same.
        const ticking = setInterval(() => void clock.advance(delayMs), 1);
        return { ...pair, advance: (ms) => clock.advance(ms), close: async () => clearInterval(ticking) };
      },
      media: (index, init) =>
        audioFrame({
          sampleRate: 48_000,
          numberOfChannels: 1,
          format: "f32-planar",
          data: new Float32Array(960).fill(0.5),
          timestamp: index * 20_000,
          ...init,
        }),
    },
    { describe, it, expect },
  );
