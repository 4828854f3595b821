import { loadOpus } from "@remotemedia/codecs";
import { expect, it } from "vitest";

it.each(["native", "wasm"] as const)("a steady tone is no silence, whatever loss is expected (%s)", async (preference) => {
  const opus = await loadOpus(preference);
  for (const expectedLossPercent of [0, 20]) {
    const encoder = opus.createEncoder({ numberOfChannels: 1, bitrate: 32_000, dtx: true, expectedLossPercent });
    const bytes = Array.from({ length: 100 }, (_, index) => {
      const tone = Float32Array.from({ length: 960 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * (index * 960 + i)) / 48_000));
      return encoder.encode([tone]).length;
    });
    encoder.close();
    expect(Math.min(...bytes)).toBeGreaterThan(3);
  }
});
