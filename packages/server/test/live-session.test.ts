import { testHost } from "@remotemedia/conformance";
import {
  audioFrame,
  type Frame,
  jsonFrame,
  Link,
  LinkHost,
  type Manifest,
  memoryCarriers,
  textFrame,
  VirtualClock,
} from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { expect, it, vi } from "vitest";
import { LiveSession } from "../src/live-session.ts";
import { wireManifest } from "../src/wire-manifest.ts";

const clock = new VirtualClock();
const host = { ...testHost({ nodes: builtInNodes, kernels: referenceKernels }), clock };

async function connect(manifest: object) {
  const wired = wireManifest(manifest as Manifest, host);
  const { a, b } = memoryCarriers({ clock });
  const heard: Frame[] = [];
  const peer = new Link({ role: "peer", clock });
  peer.receive({ message: (frame) => void heard.push(frame), media: (frame) => void heard.push(frame) });
  let live: LiveSession | undefined;
  const links = new LinkHost({
    clock,
    open: async (link) => {
      live = await LiveSession.open({ manifest: wired, host, link });
    },
  });
  const accepted = links.accept(a);
  peer.attach(b);
  await clock.advance(1);
  await accepted;
  return { peer, heard, live: live as LiveSession };
}

const speech = (i: number) =>
  audioFrame({
    sampleRate: 48_000,
    numberOfChannels: 1,
    format: "f32-planar",
    data: new Float32Array(960).fill(0.25),
    timestamp: i * 20_000,
    duration: 20_000,
  });

it("gives the pipeline what was said before its session began", async () => {
  const manifest = { version: "v1", nodes: [{ id: "reply", node_type: "template", params: { template: "You said {{text}}" } }] };
  const wired = wireManifest(manifest as unknown as Manifest, host);
  const { a, b } = memoryCarriers({ clock, isForeign: true });
  const link = new Link({ role: "owner", clock });
  const heard: string[] = [];
  const ignored = { media: () => undefined, request: () => false, played: () => undefined, closed: () => undefined };
  b.receive({
    ...ignored,
    message: (message) => void (message.type === "frame" && message.frame.kind === "text" && heard.push(message.frame.text)),
  });
  link.attach(a);
  for (const [i, word] of ["one", "two"].entries()) void b.send({ type: "frame", sequence: i + 1, frame: textFrame(word) });
  await Promise.resolve();
  const live = await LiveSession.open({ manifest: wired, host, link });
  await vi.waitUntil(() => heard.length === 2, 30_000);
  expect(heard).toEqual(["You said one", "You said two"]);
  await Promise.all([live.close(), clock.advance(10_000)]);
});

it("gives what arrives to the pipeline and sends what leaves it", async () => {
  const { peer, heard, live } = await connect({ version: "v1", nodes: [{ id: "louder", node_type: "gain", params: { factor: 2 } }] });
  for (let i = 0; i < 5; i++) {
    void peer.sendMedia(speech(i));
    await clock.advance(20);
  }
  expect(heard.map((frame) => frame.kind === "audio" && frame.data[5])).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
  await Promise.all([live.close(), clock.advance(10_000)]);
  expect(peer.state).toBe("closed");
});

it("carries text and values through a node that takes anything", async () => {
  const { peer, heard, live } = await connect({ version: "v1", nodes: [{ id: "echo", node_type: "pass-through" }] });
  await peer.send(textFrame("hello"));
  await peer.send(jsonFrame({ a: 1 }));
  await clock.advance(50);
  expect(heard.map(({ kind }) => kind)).toEqual(["text", "json"]);
  await Promise.all([live.close(), clock.advance(10_000)]);
});

it("takes the ends that the earlier SDK names", async () => {
  const { peer, heard } = await connect({
    version: "v1",
    nodes: [
      { id: "in", node_type: "WebRTCSource" },
      { id: "louder", node_type: "gain", params: { factor: 2 } },
      { id: "out", node_type: "WebRTCSink" },
    ],
    connections: [
      { from: "in", to: "louder" },
      { from: "louder", to: "out" },
    ],
  });
  void peer.sendMedia(speech(0));
  await clock.advance(40);
  expect(heard).toHaveLength(1);
  await Promise.all([peer.close(), clock.advance(10_000)]);
});

it("hears an interruption also where nothing else comes from the other end", async () => {
  const { peer, live } = await connect({ version: "v1", nodes: [{ id: "beep", node_type: "tone" }] });
  await clock.advance(100);
  peer.interrupt();
  await clock.advance(50);
  expect(live.session.turn).toBe(2);
  await Promise.all([live.close(), clock.advance(10_000)]);
});
