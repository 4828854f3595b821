import { nodeSuite } from "@remotemedia/conformance";
import {
  type AudioFrame,
  audio,
  audioFrame,
  defineNode,
  durationUs,
  eventFrame,
  type Frame,
  type NodeSpec,
  sameAs,
  sleep,
  textFrame,
} from "@remotemedia/core";
import { describe, expect, it } from "vitest";

const api = { describe, expect, it };

/** A ramp at 8 kHz, cut into frames of this length. */
const ramp = (frameLength: number) => (): Frame[] =>
  Array.from({ length: 960 / frameLength }, (_, i) =>
    audioFrame({
      sampleRate: 8_000,
      timestamp: durationUs(i * frameLength, 8_000),
      data: Float32Array.from({ length: frameLength }, (_, j) => (i * frameLength + j) / 1_000),
    }),
  );

const fed = { input: ramp(160), reframed: ramp(96) };
const ports = { inputs: { in: audio("f32-planar") }, outputs: { out: sameAs("in") } } as const;

nodeSuite(
  "A node that changes samples in place",
  {
    node: defineNode({
      type: "double",
      ...ports,
      create: () => ({
        process(frame, _port, out) {
          const own = frame.writable();
          for (let i = 0; i < own.data.length; i++) own.data[i] = (own.data[i] as number) * 2;
          return out.emit("out", own);
        },
      }),
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "A node that waits",
  {
    node: defineNode({
      type: "patient",
      ...ports,
      create: () => ({
        async process(frame, _port, out) {
          await Promise.resolve();
          await out.emit("out", frame);
        },
      }),
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "A node that waits for a clock, and hears that it was interrupted",
  {
    node: defineNode({
      type: "slow",
      ...ports,
      create: () => {
        let wait = (_signal: AbortSignal): Promise<void> => Promise.resolve();
        return {
          start({ clock, mode }) {
            if (mode === "live") wait = (signal) => sleep(clock, 1, signal);
          },
          async process(frame, _port, out) {
            await wait(out.signal);
            await out.emit("out", frame);
          },
        };
      },
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "A generator",
  {
    node: defineNode({
      type: "halves",
      ...ports,
      create: () => ({
        *process(frame, _port, out) {
          const half = frame.numberOfFrames / 2;
          for (const [at, until] of [
            [0, half],
            [half, frame.numberOfFrames],
          ] as const) {
            const made = out.audio({ numberOfFrames: until - at, timestamp: frame.timestamp + durationUs(at, frame.sampleRate) });
            made.data.set(frame.data.subarray(at, until));
            yield made;
          }
        },
      }),
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "An async generator",
  {
    node: defineNode({
      type: "later",
      ...ports,
      create: () => ({
        async *process(frame) {
          await Promise.resolve();
          yield frame;
        },
      }),
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "A node that holds a frame back until the next one comes",
  {
    node: defineNode({
      type: "one-behind",
      ...ports,
      create: () => {
        let held: AudioFrame | undefined;
        return {
          process(frame, _port, out) {
            const before = held;
            held = frame.retain();
            return before === undefined ? undefined : out.emit("out", before);
          },
          interrupt() {
            held?.release();
            held = undefined;
          },
          flush(out) {
            const last = held;
            held = undefined;
            return last === undefined ? undefined : out.emit("out", last);
          },
          stop: () => held?.release(),
        };
      },
    })(),
    ...fed,
  },
  api,
);

nodeSuite(
  "A node that swallows every other frame",
  {
    node: defineNode({
      type: "half-deaf",
      ...ports,
      create: () => {
        let count = 0;
        return { process: (frame, _port, out) => (count++ % 2 === 0 ? out.emit("out", frame) : undefined) };
      },
    })(),
    input: ramp(160),
  },
  api,
);

nodeSuite(
  "A node that tells what it hears",
  {
    node: defineNode({
      type: "teller",
      inputs: { in: audio("f32-planar") },
      outputs: { out: sameAs("in"), events: { kind: "event" } },
      create: () => ({
        process(frame, _port, out) {
          void out.emit("events", eventFrame("heard", { samples: frame.numberOfFrames }));
          return out.emit("out", frame);
        },
      }),
    })(),
    input: ramp(160),
  },
  api,
);

nodeSuite(
  "A source",
  {
    node: defineNode({
      type: "counter",
      outputs: { out: audio({ format: "f32-planar", sampleRate: 8_000, numberOfChannels: 1 }) },
      create: () => ({
        *produce(out) {
          for (let i = 0; i < 10; i++) {
            const made = out.audio({ numberOfFrames: 80, sampleRate: 8_000 });
            made.data.fill(i);
            yield made;
          }
        },
      }),
    })(),
  },
  api,
);

nodeSuite(
  "An async source",
  {
    node: defineNode({
      type: "typist",
      outputs: { out: { kind: "text" } },
      create: () => ({
        async *produce() {
          for (const letter of "hello") {
            await Promise.resolve();
            yield textFrame(letter);
          }
        },
      }),
    })(),
  },
  api,
);

nodeSuite(
  "A sink",
  {
    node: defineNode({
      type: "ear",
      inputs: { in: audio("f32-planar") },
      create: () => {
        let heard = 0;
        return { process: (frame) => void (heard += frame.numberOfFrames), stop: () => void heard };
      },
    })(),
    ...fed,
  },
  api,
);

/** Which rules a bad node breaks. */
async function brokenRules(node: NodeSpec): Promise<string[]> {
  const rules: [title: string, run: () => Promise<void>][] = [];
  nodeSuite("bad", { node, ...fed }, { describe: (_, define) => define(), it: (title, run) => rules.push([title, run]), expect });
  const broken = rules.map(([title, run]) =>
    run().then(
      () => [],
      () => [title],
    ),
  );
  return (await Promise.all(broken)).flat();
}

describe("The suite sees", () => {
  it("a node that reads a frame after it gave it back", async () => {
    const node = defineNode({
      type: "late",
      ...ports,
      create: () => {
        let before: AudioFrame | undefined;
        return {
          process(frame, _port, out) {
            const old = before;
            before = frame;
            if (old === undefined) return;
            const made = out.audio({ numberOfFrames: old.numberOfFrames });
            made.data.set(old.data as Float32Array);
            return out.emit("out", made);
          },
        };
      },
    })();
    expect(await brokenRules(node)).toContain("gives every buffer back and reads none that it gave back");
  });

  it("a node that forgets to release", async () => {
    const node = defineNode({
      type: "leaks",
      ...ports,
      create: () => ({ process: (frame, _port, out) => out.emit("out", frame.retain()) }),
    })();
    expect(await brokenRules(node)).toContain("gives every buffer back and reads none that it gave back");
  });

  it("a node that writes into what others hold", async () => {
    const node = defineNode({
      type: "scribbles",
      ...ports,
      create: () => ({
        process(frame, _port, out) {
          frame.data[0] = 7;
          return out.emit("out", frame);
        },
      }),
    })();
    expect(await brokenRules(node)).toContain("leaves samples alone that others hold");
  });

  it("a node that loses metadata, tells its own time and differs from its twin", async () => {
    let sessions = 0;
    const node = defineNode({
      type: "forgets",
      ...ports,
      create: () => {
        const own = sessions++;
        return {
          process(frame, _port, out) {
            const made = out.audio({ numberOfFrames: frame.numberOfFrames, timestamp: own, metadata: { own } });
            made.data.set(frame.data);
            return out.emit("out", made);
          },
        };
      },
    })();
    expect(await brokenRules(node)).toEqual([
      "keeps the metadata of what it makes its output from",
      "follows the time of its input, in whole microseconds",
      "gives the same again, also beside another one of its kind",
    ]);
  });

  it("a node whose samples depend on the framing", async () => {
    const node = defineNode({
      type: "frames",
      ...ports,
      create: () => ({
        process(frame, _port, out) {
          const own = frame.writable();
          own.data[0] = 0.123;
          return out.emit("out", own);
        },
      }),
    })();
    expect(await brokenRules(node)).toEqual(["gives the same samples however its input is cut"]);
  });

  it("a node that fails to bear an interruption", async () => {
    const node = defineNode({
      type: "proud",
      ...ports,
      create: () => ({
        process: (frame, _port, out) => out.emit("out", frame),
        interrupt() {
          throw new Error("no");
        },
      }),
    })();
    expect(await brokenRules(node)).toContain("bears an interruption between any two frames");
  });
});
