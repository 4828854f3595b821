import { collect, testHost } from "@remotemedia/conformance";
import { type AudioFrame, audio, defineNode, Flags, Link, memoryCarriers, Pipeline, text } from "@remotemedia/core";
import { expect, it } from "vitest";
import { withLinkNodes } from "../src/link-nodes.ts";

const frameUs = 20_000;

/** A session that answers everything with two seconds of samples that count up, over a link; what arrives at its other end, and when. */
async function answering(outputs: string[] = []) {
  const speak = defineNode({
    type: "speak",
    answers: true,
    inputs: { in: text() },
    outputs: { out: audio("f32-planar") },
    create: () => ({
      *process(_frame, _port, out) {
        for (let i = 0; i < 100; i++) {
          const spoken = out.audio({ sampleRate: 8_000, numberOfFrames: 160, flags: i === 99 ? Flags.end : 0 });
          spoken.data.fill(i / 100);
          yield spoken;
        }
      },
    }),
  })();
  const host = testHost({ nodes: [speak] });
  const { clock } = host;
  const [owner, peer] = ["owner", "peer"].map((role) => new Link({ role: role as "owner" | "peer", clock })) as [Link, Link];
  const { a, b } = memoryCarriers({ clock });
  const heard: { atUs: number; place: number; turn: number }[] = [];
  peer.receive({
    message: (frame) => frame.release(),
    media: (frame) => {
      if (frame.kind === "audio") heard.push({ atUs: clock.nowUs(), place: Math.round((frame.data[0] as number) * 100), turn: frame.turn });
    },
  });
  owner.attach(a);
  peer.attach(b);
  const linked = withLinkNodes(host, owner);
  owner.receive({ ...linked.ends, media: (frame) => frame.release() });
  const manifest = {
    version: "v1",
    metadata: { name: "answering" },
    nodes: [
      { id: "speak", node_type: "speak" },
      { id: "sink", node_type: "link-sink" },
      ...outputs.map(() => ({ id: "source", node_type: "link-source" })),
    ],
    connections: [{ from: "speak", to: "sink" }],
    ...(outputs.length > 0 && { outputs }),
  };
  const session = await Pipeline.fromManifest(manifest, linked.host).open();
  return { session, clock, heard };
}

it("an answer on hold is silent within 100 ms, and goes on without a hole when it is released", async () => {
  const { session, clock, heard } = await answering();
  session.push("speak");
  await clock.advance(705);
  session.hold();
  const heldUs = clock.nowUs();
  await clock.advance(3_000);
  expect((heard.at(-1)?.atUs as number) + frameUs - heldUs).toBeLessThanOrEqual(100_000);
  session.release();
  await clock.advance(3_000);
  expect(heard.map(({ place }) => place)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(session.turn).toBe(2);
});

it("an answer that is interrupted while it is on hold leaves nothing behind", async () => {
  const { session, clock, heard } = await answering();
  session.push("speak");
  await clock.advance(705);
  session.hold();
  await clock.advance(40);
  session.interrupt();
  const count = heard.length;
  session.push("speak");
  await clock.advance(100);
  expect(heard.slice(count).map(({ turn, place }) => [turn, place])[0]).toEqual([2, 0]);
});

it("what is given to the link comes out of link-source as well, to know it again by", async () => {
  const { session, clock, heard } = await answering(["source.reference"]);
  await clock.advance(1);
  const played = collect(session.output());
  session.push("speak", "speak");
  await clock.advance(3_000);
  expect(played.map((frame) => Math.round(((frame as AudioFrame).data[0] as number) * 100))).toEqual(heard.map(({ place }) => place));
  expect(played.some(({ flags }) => (flags & Flags.answer) !== 0)).toBe(false);
});
