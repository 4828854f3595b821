import { expect, test } from "vitest";
import { quantile, randomFrom, receive, type SenderOptions, send } from "./simulated-call.ts";

const planes = [Float32Array.from({ length: 960 }, (_, i) => (i % 40) / 100)];
const quick = { decoder: { decode: () => planes, conceal: () => planes }, noteEvery: 10 };

function call(options: SenderOptions) {
  const { frames, buffer } = receive(send(options), quick);
  const delayAt = (fromS: number, toS: number) => {
    const part = frames.filter(({ atUs }) => atUs >= fromS * 1e6 && atUs < toS * 1e6).map(({ delayMs }) => delayMs);
    return { least: quantile(part, 0), middle: quantile(part, 0.5), most: quantile(part, 1) };
  };
  return { delayAt, stats: buffer.stats() };
}

test("over 30 minutes at 200 ppm the delay stays, and nothing is taken out or put in by time-scaling", () => {
  const random = randomFrom(200);
  const { delayAt, stats } = call({ seconds: 1800, driftPpm: 200, network: () => 30_000 + random() * 3000 });
  expect(Math.abs(stats.driftPpm - 200)).toBeLessThan(5);
  for (const minute of [2, 10, 20, 29]) {
    const { least, most } = delayAt(minute * 60, minute * 60 + 60);
    expect(least).toBeGreaterThan(17);
    expect(most).toBeLessThan(24);
  }
  expect(stats).toMatchObject({ packets: 90_000, lost: 0, late: 0, dropped: 0, concealedMs: 0, acceleratedMs: 0, stretchedMs: 0 });
}, 120_000);

test.each([-500, -200, 500])("%i ppm are measured and corrected within a minute", (driftPpm) => {
  const random = randomFrom(driftPpm);
  const { delayAt, stats } = call({ seconds: 240, driftPpm, network: () => 30_000 + random() * 2000 });
  expect(Math.abs(stats.driftPpm - driftPpm)).toBeLessThan(5);
  const [before, after] = [delayAt(60, 90), delayAt(210, 240)];
  expect(Math.abs(after.middle - before.middle)).toBeLessThan(3);
  expect(after.most - after.least).toBeLessThan(1);
  expect(stats).toMatchObject({ lost: 0, concealedMs: 0 });
  expect(stats.acceleratedMs + stats.stretchedMs).toBeLessThan(20);
});

test("an exact clock is left alone: every frame is as the packet was", () => {
  const random = randomFrom(9);
  const { stats } = call({ seconds: 240, network: () => 30_000 + random() * 3000 });
  expect(Math.abs(stats.driftPpm)).toBeLessThan(5);
  expect(stats.acceleratedMs + stats.stretchedMs + stats.concealedMs).toBe(0);
});

test("a little drift is told, and time-scaling is enough against it", () => {
  const random = randomFrom(14);
  const { delayAt, stats } = call({ seconds: 600, driftPpm: 30, network: () => 30_000 + random() * 3000 });
  expect(Math.abs(stats.driftPpm - 30)).toBeLessThan(5);
  expect(delayAt(0, 600).most).toBeLessThan(27);
  expect(stats.acceleratedMs).toBeGreaterThan(5);
  expect(stats.concealedMs).toBe(0);
});

test("200 ppm are found under 60 ms of jitter, losses and a change of route", () => {
  const random = randomFrom(10);
  const network = (_: number, at: number) => (random() < 0.05 ? undefined : (at > 120e6 ? 80_000 : 30_000) + random() ** 3 * 60_000);
  const { delayAt, stats } = call({ seconds: 360, driftPpm: 200, network });
  expect(Math.abs(stats.driftPpm - 200)).toBeLessThan(30);
  expect(Math.abs(delayAt(330, 360).middle - delayAt(60, 90).middle)).toBeLessThan(10);
});
