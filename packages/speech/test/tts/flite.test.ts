import { describe, expect, it } from "vitest";
import { fliteVoices } from "../../src/tts/flite-program.ts";
import { synthesize } from "../../src/tts/synthesize.ts";
import { hasModels } from "../installed-models.ts";

const seconds = ({ samples, sampleRate }: { samples: Float32Array; sampleRate: number }): number => samples.length / sampleRate;
const rms = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** The strongest period of a voice in 60 to 400 Hz, by autocorrelation: the median over its loud parts, Hz. */
function pitchOf({ samples, sampleRate }: { samples: Float32Array; sampleRate: number }): number {
  const pitches: number[] = [];
  for (let from = 0; from + 1_280 < samples.length; from += 640) {
    const part = samples.subarray(from, from + 1_280);
    if (rms(part) < 0.03) continue;
    let best = { period: 0, sum: 0 };
    for (let period = sampleRate / 400; period < sampleRate / 60; period++) {
      let sum = 0;
      for (let i = 0; i < 640; i++) sum += (part[i] as number) * (part[i + period] as number);
      if (sum > best.sum) best = { period, sum };
    }
    pitches.push(sampleRate / best.period);
  }
  return pitches.sort((a, b) => a - b)[pitches.length >> 1] as number;
}

describe.skipIf(!(await hasModels("flite")))("flite, where its model is installed", () => {
  it.each(fliteVoices)("speaks as %s, from the first moment on", async (voice) => {
    const spoken = await synthesize("Hello, how can I help you today?", { voice });
    expect(spoken.sampleRate).toBe(16_000);
    expect(seconds(spoken)).toBeGreaterThan(1.5);
    expect(seconds(spoken)).toBeLessThan(3.5);
    expect(spoken.samples.findIndex((sample) => Math.abs(sample) > 0.01)).toBeLessThan(16_000 * 0.04);
    expect(rms(spoken.samples)).toBeGreaterThan(0.03);
    expect(Math.max(...spoken.samples)).toBeLessThanOrEqual(1);
  });

  it("speaks faster and higher when it shall", async () => {
    const text = "We were away all year long.";
    const [usual, fast, high] = [await synthesize(text), await synthesize(text, { speed: 2 }), await synthesize(text, { pitch: 1.5 })];
    expect(seconds(usual) / seconds(fast)).toBeCloseTo(2, 0);
    expect(seconds(high)).toBe(seconds(usual));
    expect(pitchOf(high) / pitchOf(usual)).toBeGreaterThan(1.3);
  });

  it("gives the same samples for the same text, however often and beside whatever", async () => {
    const alone = await synthesize("The same again.");
    const many = await Promise.all(["The same again.", "Something else.", "The same again."].map((text) => synthesize(text)));
    expect(many[0]?.samples).toEqual(alone.samples);
    expect(many[2]?.samples).toEqual(alone.samples);
  });

  it.each([
    ["nothing", ""],
    ["emoji", "😀🎉"],
    ["control characters", "\u0000\u0001\u001b[m\u007f".replace("m", "")],
    ["punctuation", "?!… — ."],
  ])("gives nothing for %s", async (_, text) => expect((await synthesize(text)).samples).toHaveLength(0));

  it.each([
    ["a very long word", "x".repeat(500)],
    ["an option", "-voice kal -o /etc/passwd --help"],
    ["other scripts between words", "Hello 中文 and мир and 😀 you"],
    ["format strings", "%s%s%s%n %d"],
    ["half a character", "Hello \ud83d there"],
    ["numbers of every kind", "€5.50, 1e10, 1/0, 99999999999999999999999, -0.0001, 1,2,3, $-5"],
  ])("bears %s", async (_, text) => expect(seconds(await synthesize(text))).toBeGreaterThan(0.3));

  it("speaks 10,000 characters in parts, the first of them soon, and stops when it shall", async () => {
    const abort = new AbortController();
    const text = "It is a long story, and nobody wants to hear it. ".repeat(204);
    const stopped = synthesize(text, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 50);
    await expect(stopped).rejects.toThrow("enough");
    const start = performance.now();
    await synthesize("Yes.");
    // The rest of the long story would take much longer.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
