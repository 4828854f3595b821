/** A client that sends audio at ten times real time, over real WebRTC. */
import { testHost } from "@remotemedia/conformance";
import { audioFrame, type Clock, Flags, type Frame, Link, type LinkStats, systemClock, textFrame } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { WebRtcConnection } from "@remotemedia/transport-webrtc";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "../src/serve.ts";
import { Client, until } from "./harness.ts";

const host = testHost({ nodes: builtInNodes, kernels: referenceKernels, clock: systemClock });
/** Whoever lives by it is ten times as fast as the others. */
const hurried: Clock = {
  nowUs: () => 10 * systemClock.nowUs(),
  setTimer: (ms, callback) => systemClock.setTimer(ms / 10, callback),
};
const seconds = 3;
/**
 * The server and both of its clients share one thread here, which may have to wait for a core: that nobody can hear it is tested with
 * processes of their own, in `misbehaving.test.ts` of `remotemedia`. This is what no stall explains.
 */
const mostMadeUpMs = 100 * seconds;

async function talk(port: number, clock: Clock) {
  const client = await Client.connect(`ws://127.0.0.1:${port}/ws`, {});
  const connection = await WebRtcConnection.dial({
    ...{ isForeign: false, log: host.log, clock, connectTimeoutMs: 100_000, silenceMs: 200_000 },
    onCandidate: (candidate) => client.send({ type: "ice-candidate", candidate }),
  });
  onTestFinished(() => connection.close(0));
  client.socket.on("message", (data) => {
    const { type, candidate } = JSON.parse(String(data));
    if (type === "ice-candidate") connection.addCandidate(candidate);
  });
  client.send({ type: "subscribe", interval_ms: 100 });
  const { sdp } = await client.offer(connection.description, { protocol: "remotemedia.v1" });
  await connection.answered(sdp as string);
  await connection.connected;
  const link = new Link({ role: "peer", clock });
  const heard = { audioMs: 0, madeUpMs: 0, texts: [] as string[] };
  link.receive({ message: (frame) => void (frame.kind === "text" && heard.texts.push(frame.text)), media: (frame) => count(frame, heard) });
  link.attach(connection.carrier);
  await until(() => link.state === "open");
  return { client, link, heard };
}

function count(frame: Frame, heard: { audioMs: number; madeUpMs: number }): void {
  heard[frame.metadata["concealed"] === true ? "madeUpMs" : "audioMs"] += frame.duration / 1000;
  frame.release();
}

/** Syllables for so long as the clock of the link says: the encoder would take an even tone for silence, and send next to nothing. */
async function sing(link: Link, forSeconds: number): Promise<void> {
  for (let i = 0; i < forSeconds * 50; i++) {
    const pitch = 150 + 50 * (i % 7);
    const data = Float32Array.from({ length: 960 }, (_, n) => 0.4 * Math.sin((2 * Math.PI * pitch * n) / 48_000) ** 3);
    // An answer is sent at the pace of the clock; live audio that comes too early would be let go.
    await link.sendMedia(audioFrame({ sampleRate: 48_000, numberOfChannels: 1, data, timestamp: i * 20_000, flags: Flags.answer }));
  }
}

it("disturbs neither its own session nor its neighbors", { retry: 2 }, async () => {
  const server = await serve({ manifest: "pass-through", host, port: 0 });
  onTestFinished(() => server.close());
  const [hasty, neighbor] = [await talk(server.port, hurried), await talk(server.port, systemClock)];
  await Promise.all([sing(hasty.link, 10 * seconds), sing(neighbor.link, seconds)]);
  // Before the end of the song, where sound is made up until it is clear that nothing comes any more.
  expect(neighbor.heard.madeUpMs).toBeLessThanOrEqual(mostMadeUpMs);
  await until(() => neighbor.heard.audioMs >= 980 * seconds);
  const { link } = await lastMetrics(hasty.client);
  // Where the machine can, it is ten times as much.
  expect(link.packetsReceived).toBeGreaterThan(3 * 50 * seconds);
  // And no more waits than otherwise: the rest is dropped where it arrives.
  expect(link.bufferedMs).toBeLessThanOrEqual(120);
  expect(link.jitterBufferMs).toBeLessThanOrEqual(300);
  const { packetsLost, concealedMs } = (await lastMetrics(neighbor.client)).link;
  expect(packetsLost).toBe(0);
  expect(concealedMs).toBeLessThanOrEqual(mostMadeUpMs);
  await hasty.link.send(textFrame("still there"));
  await until(() => hasty.heard.texts.includes("still there"));
  expect([hasty.link.state, neighbor.link.state]).toEqual(["open", "open"]);
});

async function lastMetrics(client: Client): Promise<{ readonly link: LinkStats }> {
  const known = client.messages.filter(({ type }) => type === "metrics");
  return (known.at(-1) ?? (await client.next("metrics"))) as never;
}
