import { createSocket } from "node:dgram";
import { type LinkMessage, systemClock } from "@remotemedia/core";
import { type CandidateJson, tickerOf, WebRtcConnection } from "@remotemedia/transport-webrtc";
import { afterEach, describe, expect, it, vi } from "vitest";
import { classes, Message, methods, parseMessage, RTCPeerConnection, RtpHeader, RtpPacket } from "werift";
import { Ear } from "./ear.ts";
import { join, silentLog, tone, until, wait } from "./joined.ts";

vi.setConfig({ testTimeout: 60_000 });

// A rejection that nobody handles fails the run; vitest sees to that.

let seed = 7;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const bytes = (length: number, ...head: number[]): Buffer => Buffer.from(Array.from({ length }, (_, i) => head[i] ?? random(256)));

/** What looks like STUN, DTLS, RTP or RTCP for a few bytes and then does not. */
function garbage(): Buffer {
  const length = 1 + random(300);
  const heads = [
    [],
    [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42],
    [1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42],
    [22, 254, 253, 0, 0],
    [23, 254, 253, 0, 1],
    [21, 254, 253, 0, 0],
    [0x80, 111],
    [0x80, 200],
    [0xff, 206],
    [0x90, 111],
  ];
  const head = heads[random(heads.length)]!;
  const packet = bytes(Math.max(length, head.length), ...head);
  if (head[4] === 0x21) packet.writeUInt16BE(Math.max(0, packet.length - 20), 2);
  return packet;
}

/** A message of a DTLS handshake with the sequence given, which proves that the certificate is somebody's and does not. */
const forgedHandshake = (sequence: number): Buffer =>
  Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, sequence, 0, 20, 15, 0, 0, 8, 0, sequence, 0, 0, 0, 0, 0, 8, 4, 3, 0, 4, 1, 2, 3, 4]);

async function sendTo(candidates: readonly CandidateJson[], packets: readonly Buffer[], hear?: (packet: Buffer) => void): Promise<void> {
  const socket = createSocket("udp4");
  if (hear !== undefined) socket.on("message", hear);
  for (const packet of packets) {
    for (const { candidate } of candidates) {
      const [, , , , address, port] = candidate.split(" ");
      if (address?.includes(".")) socket.send(packet, Number(port), address);
    }
    await wait(0);
  }
  await wait(50);
  socket.close();
}

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

describe("a stranger", () => {
  it("neither ends nor disturbs a connection with datagrams of any kind", async () => {
    const candidates: CandidateJson[] = [];
    const { caller, host } = await joinShown(candidates);
    closing.push(
      () => caller.close(0),
      () => host.close(0),
    );
    const ear = new Ear(host.carrier);
    const alert = Buffer.from("15fefd0000000000000000000202280000", "hex");
    await sendTo(candidates, [alert, ...Array.from({ length: 400 }, garbage)]);
    await caller.carrier.sendMedia(tone(0), "audio");
    await until(() => ear.audio > 0);
    expect([caller.state, host.state, ear.closings]).toEqual(["connected", "connected", []]);
  });

  it("does not keep a connection from coming about", async () => {
    const candidates: CandidateJson[] = [];
    let isNoisy = true;
    const noise = (async () => {
      while (isNoisy) await sendTo(candidates, [garbage(), garbage(), ...[0, 1, 2, 3, 4].map(forgedHandshake)]);
    })();
    const { caller, host } = await joinShown(candidates);
    isNoisy = false;
    closing.push(
      () => caller.close(0),
      () => host.close(0),
    );
    expect([caller.state, host.state]).toEqual(["connected", "connected"]);
    await noise;
  });
});

it("a check under our fragment and one of the peer's that does not belong to it has no answer", async () => {
  const candidates: CandidateJson[] = [];
  const { caller, host } = await joinShown(candidates);
  closing.push(
    () => caller.close(0),
    () => host.close(0),
  );
  const [ours, theirs] = [host.description, caller.description].map((sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)![1]);
  const password = /a=ice-pwd:(\S+)/.exec(host.description)![1]!;
  // As a browser does from its new sockets when it restarts ICE and has no answer yet.
  expect(await answersTo(`${ours}:NEWR`, password, candidates)).toBe(0);
  expect(await answersTo(`${ours}:${theirs}`, "not the password 12345", candidates)).toBe(0);
  expect(await answersTo(`${ours}:${theirs}`, password, candidates)).toBeGreaterThan(0);
});

/** How many connectivity checks under a name are answered, of one sent to each address. */
async function answersTo(username: string, password: string, candidates: readonly CandidateJson[]): Promise<number> {
  const check = new Message(methods.BINDING, classes.REQUEST);
  check.setAttribute("USERNAME", username).setAttribute("PRIORITY", 1).setAttribute("ICE-CONTROLLING", 1n);
  check.addMessageIntegrity(Buffer.from(password)).addFingerprint();
  let answers = 0;
  await sendTo(candidates, [check.bytes], (answer) => {
    if (parseMessage(answer)?.messageClass === classes.RESPONSE) answers++;
  });
  return answers;
}

describe("a peer", () => {
  it("that shows a certificate without owning its key is refused, whoever calls", async () => {
    const thief = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    closing.push(() => thief.close());
    const caller = await WebRtcConnection.dial({
      isForeign: true,
      log: silentLog,
      onCandidate: (candidate) => void thief.addIceCandidate(candidate as never).catch(() => undefined),
    });
    closing.push(() => caller.close(0));
    thief.onIceCandidate.subscribe((candidate) => candidate?.candidate && caller.addCandidate(candidate.candidate));
    await thief.setRemoteDescription({ type: "offer", sdp: caller.description });
    signWrongly(thief, "server");
    await thief.setLocalDescription(await thief.createAnswer());
    await caller.answered(thief.localDescription!.sdp);
    await expect(caller.connected).rejects.toThrow("the DTLS handshake failed");
    await expect(rawClient({ isSilent: true, prepare: (client) => signWrongly(client, "client") })).rejects.toThrow(
      "the DTLS handshake failed",
    );
  });

  it("that sends malformed RTP, RTCP, SCTP and messages harms itself at most", async () => {
    const { client, host, ear } = await rawClient();
    const transport = client.dtlsTransports[0]!;
    const [sender] = client.getSenders();
    const packetTo = (payload: Buffer): RtpPacket =>
      new RtpPacket(new RtpHeader({ sequenceNumber: random(65_536), timestamp: random(2 ** 32), payloadType: random(128) }), payload);
    for (let i = 0; i < 300; i++) {
      await sender!.sendRtp(packetTo(bytes(random(200)))).catch(() => undefined);
      await transport.sendRtcp([{ serialize: () => bytes(8 + random(60), 0x80 | random(32), 200 + random(8)) } as never]);
      await transport.sendRtcp([{ serialize: () => bytes(8, 0x81, 206, 0, 9) } as never]);
    }
    for (let i = 0; i < 100; i++) await transport.sendData(bytes(random(120)));
    for (let i = 0; i < 100; i++) await transport.sendData(bytes(28 + random(60), ...sctpHead(client)));
    await wait(100);
    expect(["connected", "closed"]).toContain(host.state);
    expect(ear.closings.length).toBeLessThanOrEqual(1);
  });

  it("that is a page may say anything: it is read, or refused with the reason", async () => {
    const { channel, ear, host } = await rawClient();
    const answers: unknown[] = [];
    channel.onMessage.subscribe((data) => answers.push(JSON.parse(String(data))));
    const said = [
      "null",
      "[]",
      "{",
      '{"type":"message"}',
      '{"type":"message","message":5}',
      "\u0000",
      '{"type":"message","message":"hi"}',
      '{"__proto__":{"x":1}}',
    ];
    channel.send('{"type":"greeting","message":"Hello from WebRTC client!"}');
    for (const text of said) channel.send(text);
    channel.send(bytes(50));
    channel.send("x".repeat(262_144));
    await until(() => ear.messages.length === said.length + 2);
    expect(ear.frames.map(({ kind }) => kind)).toEqual(["json", "json", "text", "json", "json", "text", "text", "json", "binary", "text"]);
    (channel.sctp as unknown as { remoteMaxMessageSize: number }).remoteMaxMessageSize = 0;
    channel.send("y".repeat(300_000));
    await until(() => answers.length === 1, 30_000);
    expect(answers).toEqual([{ type: "error", code: "limit-exceeded", message: expect.stringContaining("too large") }]);
    expect(host.state).toBe("connected");
  });

  it("that is a page and says more than is read loses what finds no room, and is told", async () => {
    const { channel, host } = await rawClient({ isSilent: true });
    const heard: LinkMessage[] = [];
    let goOn = (): void => undefined;
    host.carrier.receive({
      message: (message) => {
        heard.push(message);
        return heard.length === 1 ? new Promise<void>((resolve) => (goOn = resolve)) : undefined;
      },
      media: (frame) => frame.release(),
      request: () => false,
      played: () => undefined,
      closed: () => undefined,
    });
    const answers: string[] = [];
    channel.onMessage.subscribe((data) => answers.push(String(data)));
    for (let i = 0; i < 40; i++) channel.send("z".repeat(60_000));
    await until(() => answers.length > 0, 30_000);
    expect(answers[0]).toContain("overflow");
    goOn();
    await until(() => heard.length > 10);
    expect(host.state).toBe("connected");
  });

  it("that opens data channel upon data channel is shown out", async () => {
    const { client, host, ear } = await rawClient();
    for (let i = 0; i < 40; i++) client.createDataChannel(`extra ${i}`);
    await until(() => host.state === "closed");
    expect(ear.closings).toEqual(["limit-exceeded"]);
  });
});

describe("many connections", () => {
  it("come and go and leave nothing behind", async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("UDP")).length;
    const before = sockets();
    for (let i = 0; i < 12; i++) {
      const { caller, host } = await join();
      await Promise.all([caller.close(0), host.close(0)]);
    }
    await until(() => sockets() === before);
    expect(tickerOf(systemClock).size).toBe(0);
  });
});

async function joinShown(candidates: CandidateJson[]): Promise<{ readonly caller: WebRtcConnection; readonly host: WebRtcConnection }> {
  const early: CandidateJson[] = [];
  let host: WebRtcConnection | undefined;
  const caller = await WebRtcConnection.dial({
    isForeign: false,
    log: silentLog,
    onCandidate: (candidate) => (host ? host.addCandidate(candidate) : early.push(candidate)),
  });
  host = await WebRtcConnection.accept(caller.description, {
    isForeign: false,
    log: silentLog,
    onCandidate: (candidate) => {
      candidates.push(candidate);
      caller.addCandidate(candidate);
    },
  });
  for (const candidate of early) host.addCandidate(candidate);
  await caller.answered(host.description);
  await Promise.all([caller.connected, host.connected]);
  return { caller, host };
}

/** A peer that does as it likes: werift without our code around it. */
async function rawClient({ isSilent = false, prepare = (_: RTCPeerConnection): void => undefined } = {}) {
  const client = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  client.addTransceiver("audio", { direction: "sendrecv" });
  const channel = client.createDataChannel("messages");
  const offer = await client.createOffer();
  prepare(client);
  delete client.iceTransports[0]!.connection.stunServer;
  await client.setLocalDescription(offer);
  const host = await WebRtcConnection.accept(client.localDescription!.sdp, {
    isForeign: true,
    log: silentLog,
    onCandidate: (candidate) => void client.addIceCandidate(candidate as never).catch(() => undefined),
  });
  closing.push(
    () => host.close(0),
    () => client.close(),
  );
  await client.setRemoteDescription({ type: "answer", sdp: host.description });
  await Promise.all([host.connected, until(() => channel.readyState === "open")]);
  const ear = isSilent ? (undefined as never) : new Ear(host.carrier);
  return { client, channel, host, ear };
}

/** What this end signs in the handshake is another text than it should be. */
function signWrongly(peer: RTCPeerConnection, role: "client" | "server"): void {
  const transport = peer.dtlsTransports[0]!;
  transport.role = role;
  transport.onStateChange.once(() =>
    queueMicrotask(() => {
      const { cipher } = transport.dtls!;
      const sign = cipher.signatureData.bind(cipher);
      cipher.signatureData = () => sign(Buffer.from("something else"), "sha256");
      cipher.generateKeySignature = () => sign(Buffer.from("something else"), "sha256");
    }),
  );
}

/** Ports and tag as the association has them, so that what follows is read. */
function sctpHead(client: RTCPeerConnection): number[] {
  const tag = Buffer.alloc(4);
  tag.writeUInt32BE((client.sctpTransport!.sctp as unknown as { remoteVerificationTag: number }).remoteVerificationTag);
  return [0x13, 0x88, 0x13, 0x88, ...tag];
}
