/** The whole server, with WebRTC over loopback. */
import { testHost } from "@remotemedia/conformance";
import { defineNode, errors, type Frame, jsonFrame, Link, systemClock, text, textFrame } from "@remotemedia/core";
import { referenceKernels } from "@remotemedia/kernels";
import { builtInNodes } from "@remotemedia/nodes";
import { WebRtcConnection } from "@remotemedia/transport-webrtc";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "../src/serve.ts";
import { Client, until } from "./harness.ts";

const broken = defineNode({
  type: "broken",
  inputs: { in: text() },
  create: () => ({ start: () => Promise.reject(errors.startFailed({ message: "the model is not there" })), process: () => undefined }),
});
const host = testHost({ nodes: [...builtInNodes, broken], kernels: referenceKernels, clock: systemClock });
const echo = { version: "v1", nodes: [{ id: "same", node_type: "pass-through" }] };

/** A peer that has dialed in. */
async function dial(port: number, isForeign: boolean) {
  const client = await Client.connect(`ws://127.0.0.1:${port}/ws`, {});
  const connection = await WebRtcConnection.dial({
    isForeign,
    log: host.log,
    onCandidate: (candidate) => client.send({ type: "ice-candidate", candidate }),
  });
  onTestFinished(() => connection.close(0));
  client.socket.on("message", (data) => {
    const { type, candidate } = JSON.parse(String(data));
    if (type === "ice-candidate") connection.addCandidate(candidate);
  });
  const { sdp } = await client.offer(connection.description, isForeign ? {} : { protocol: "remotemedia.v1" });
  await connection.answered(sdp as string);
  await connection.connected;
  return { client, connection };
}

const start = async (manifest: object | string = echo) => {
  const server = await serve({ manifest, host, port: 0 });
  onTestFinished(() => server.close());
  return server;
};

it("runs the pipeline for a page: text comes back as text_response", async () => {
  const server = await start();
  const { connection } = await dial(server.port, true);
  const said: unknown[] = [];
  connection.carrier.receive({
    message: (message) => void (message.type === "frame" && said.push(message.frame)),
    media: (frame) => frame.release(),
    request: () => false,
    played: () => undefined,
    closed: () => undefined,
  });
  void connection.carrier.send({ type: "frame", sequence: 1, frame: jsonFrame({ type: "message", message: "hello" }) });
  await until(() => said.length > 0);
  expect(JSON.stringify(said)).toContain("hello");
  const { connections } = (await (await fetch(`${server.url}connections`)).json()) as { readonly connections: readonly object[] };
  expect(connections[0]).toMatchObject({ state: "connected", ice_state: "connected", data_channels: ["messages"], has_pipeline: true });
});

it("runs the pipeline for a peer of our own, and ends with it", async () => {
  const server = await start();
  const { connection } = await dial(server.port, false);
  const heard: Frame[] = [];
  const link = new Link({ role: "peer" });
  link.receive({ message: (frame) => void heard.push(frame), media: (frame) => frame.release() });
  link.attach(connection.carrier);
  await link.send(textFrame("hello"));
  await until(() => heard.length > 0);
  expect(heard[0]).toMatchObject({ kind: "text", text: "hello" });
  await link.close();
  await until(async () => (await (await fetch(`${server.url}metrics`)).text()).includes("remotemedia_server_sessions 0"));
});

it("tells all faults of a manifest before it listens", async () => {
  await expect(start({ version: "v1", nodes: [{ id: "a", node_type: "nonsense" }] })).rejects.toMatchObject({
    faults: [{ code: "node-unknown" }],
  });
});

it("refuses an offer without anything to connect", async () => {
  const server = await start();
  const client = await Client.connect(`ws://127.0.0.1:${server.port}/ws`, {});
  client.send({ type: "offer", sdp: "v=0\r\n" });
  expect(await client.next("error")).toMatchObject({ code: "media-incompatible" });
});

it("tells that a pipeline does not start before it listens", async () => {
  await expect(start({ version: "v1", nodes: [{ id: "asr", node_type: "broken" }] })).rejects.toMatchObject({
    code: "start-failed",
    node: "asr",
  });
});
