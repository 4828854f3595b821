import { testHost } from "@remotemedia/conformance";
import { jsonFrame, type Output, Pipeline } from "@remotemedia/core";
import { expect, it } from "vitest";

it("a frame that is emitted after its call returned is let go and counted", async () => {
  let kept: Output | undefined;
  const session = await new Pipeline("late", testHost()).add({ process: (_frame, _port, out) => void (kept = out) }, "keeper").open();
  const output = session.output();
  await session.push(1);
  void kept?.emit("out", jsonFrame("too late"));
  expect(session.metrics().node_metrics.find(({ node_id }) => node_id === "keeper")?.late).toBe(1);
  await session.close();
  expect(await output.next()).toMatchObject({ done: true });
});

it("an output answers as many questions as are asked at once, in order", async () => {
  const session = await new Pipeline("many", testHost()).map((frame) => frame, "same").open();
  const output = session.output();
  const asked = [output.next(), output.next(), output.next()];
  await session.push(1);
  await session.push(2);
  await session.close();
  const answers = await Promise.all(asked);
  expect(answers.map(({ value }) => value?.value)).toEqual([1, 2, undefined]);
});

it("closing waits for no reader, and keeps for him what is finished", async () => {
  const host = testHost();
  const session = await new Pipeline("unread", host).map((frame) => frame, "same").open();
  const output = session.output();
  for (const value of [1, 2, 3]) await session.push(value);
  await session.close();
  expect(host.clock.pending).toBe(0);
  const read: unknown[] = [];
  for await (const frame of output) read.push(frame.kind === "json" && frame.value);
  expect(read).toEqual([1, 2, 3]);
});
