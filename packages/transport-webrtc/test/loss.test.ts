import { afterEach, expect, it, vi } from "vitest";
import { join, lose, tone, until, wait } from "./joined.ts";

vi.setConfig({ testTimeout: 20_000 });
afterEach(() => lose(0));

it("a fifth of the packets is lost, then all of them: the sound goes on, and is back at once", async () => {
  const { caller, host } = await join();
  let [frames, loud, real] = [0, 0, 0];
  host.carrier.receive({
    message: () => undefined,
    media: (frame) => {
      const isLoud = (frame as { data: Float32Array }).data.some((sample) => Math.abs(sample) > 0.1);
      frames++;
      if (isLoud) loud++;
      if (isLoud && frame.metadata["concealed"] !== true) real++;
    },
    request: () => false,
    played: () => undefined,
    closed: () => undefined,
  });
  let index = 0;
  const started = performance.now();
  const timer = setInterval(() => {
    for (; index * 20 < performance.now() - started; index++) void caller.carrier.sendMedia(tone(index), "audio");
  }, 5);
  await until(() => real > 20);
  lose(0.2);
  [frames, loud, real] = [0, 0, 0];
  // Long enough for the peer's reports to arrive and the encoder to expect losses.
  await until(() => frames >= 150);
  expect(loud / frames).toBeGreaterThan(0.75);
  lose(1);
  await wait(1000);
  lose(0);
  real = 0;
  const restored = performance.now();
  await until(() => real > 5);
  expect(performance.now() - restored).toBeLessThan(1500);
  expect(host.carrier.stats().concealedMs).toBeGreaterThan(500);
  clearInterval(timer);
  await Promise.all([caller.close(0), host.close(0)]);
});
