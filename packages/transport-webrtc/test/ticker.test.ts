import { systemClock, VirtualClock } from "@remotemedia/core";
import { expect, it } from "vitest";
import { type Ticked, Ticker } from "../src/ticker.ts";

/** Due every 20 ms. */
const member = (work: (nowUs: number) => void = () => undefined): Ticked & { dueUs: number; calls: number } => ({
  dueUs: 0,
  calls: 0,
  tick(nowUs) {
    this.calls++;
    this.dueUs += 20_000;
    work(nowUs);
  },
  failed: () => undefined,
});

it("calls everybody when he is due, with one timer", async () => {
  const clock = new VirtualClock();
  const ticker = new Ticker(clock);
  const members = Array.from({ length: 50 }, () => member());
  for (const [i, one] of members.entries()) {
    one.dueUs = i * 400;
    ticker.add(one);
  }
  await clock.advance(1_000);
  expect([new Set(members.map(({ calls }) => calls)), clock.pending]).toEqual([new Set([50, 51]), 1]);
});

it("goes on with the others when one throws, and calls that one no more", async () => {
  const clock = new VirtualClock();
  const ticker = new Ticker(clock);
  const bad = member(() => {
    throw new Error("bad");
  });
  const good = member();
  ticker.add(bad);
  ticker.add(good);
  await clock.advance(100);
  expect([bad.calls, good.calls]).toEqual([1, 6]);
});

it("lets the process read what has arrived, however much is due", async () => {
  const ticker = new Ticker(systemClock);
  let reads = 0;
  let isOver = false;
  const read = (): void => {
    reads++;
    if (!isOver) setImmediate(read);
  };
  setImmediate(read);
  // More work than there is time for: every member is always late.
  const leave = Array.from({ length: 10 }, () => {
    const busy = member(() => {
      const end = performance.now() + 4;
      while (performance.now() < end);
    });
    return ticker.add(busy);
  });
  await new Promise((later) => setTimeout(later, 400));
  isOver = true;
  for (const one of leave) one();
  // Without turns of the event loop it would be one or two.
  expect(reads).toBeGreaterThan(10);
});
