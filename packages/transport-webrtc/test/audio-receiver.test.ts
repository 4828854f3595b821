import type { AudioFrame } from "@remotemedia/core";
import { expect, it } from "vitest";
import { AudioReceiver } from "../src/audio-receiver.ts";

it("the decoder's own concealment stands in for a lost packet", () => {
  let concealed = 0;
  const sound = (): Float32Array[] => [new Float32Array(960).fill(0.25)];
  const conceal = (): Float32Array[] => {
    concealed++;
    return sound();
  };
  const decoder = { sampleRate: 48_000, numberOfChannels: 1, decode: sound, conceal, close: () => undefined };
  const receiver = new AudioReceiver(decoder, (thrown) => {
    throw thrown;
  });
  const heard: AudioFrame[] = [];
  receiver.start((frame: AudioFrame) => void heard.push(frame));
  for (let i = 0; i < 50; i++) {
    if (i !== 25) receiver.push({ sequenceNumber: i, timestamp: i * 960, payload: new Uint8Array(40) }, i * 20_000);
    for (let nowUs = i * 20_000; nowUs < (i + 1) * 20_000; nowUs += 5_000) if (receiver.dueUs <= nowUs) receiver.tick(nowUs);
  }
  expect(concealed).toBe(1);
  expect(receiver.stats().concealedMs).toBeGreaterThan(0);
  // The sound goes on: nodes that hold samples back must not begin anew.
  expect(heard.map(({ flags }) => flags)).toEqual(heard.map(() => 0));
  expect(heard.filter(({ metadata }) => metadata["concealed"] === true).length).toBe(1);
  receiver.close();
});
