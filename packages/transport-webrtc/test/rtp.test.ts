import { WebRtcConnection } from "@remotemedia/transport-webrtc";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  GenericNack,
  RTCPeerConnection,
  type RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  RtpHeader,
  RtpPacket,
} from "werift";
import { readRtpHeader, SentHeader } from "../src/rtp/rtp-header.ts";
import { Ear } from "./ear.ts";
import { silentLog, tone, until, wait } from "./joined.ts";

vi.setConfig({ testTimeout: 30_000 });

let seed = 11;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
/** An Opus packet of 20 ms in which there is nothing. */
const silence = Buffer.from([0xf8, 0xff, 0xfe]);
const profiles = { "AES-GCM": 7, "AES-CM with HMAC": 1 } as const;

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));

describe("the header of a packet", () => {
  it("is read as werift writes it, with sources and extensions", () => {
    for (let i = 0; i < 500; i++) {
      const csrc = Array.from({ length: random(16) }, () => random(2 ** 32));
      const extensions = Array.from({ length: random(4) }, (_, n) => ({ id: n + 1, payload: bytes(1 + random(16)) }));
      const fields = {
        sequenceNumber: random(65_536),
        timestamp: random(2 ** 32),
        ssrc: random(2 ** 32),
        payloadType: random(128),
      };
      const header = new RtpHeader({ ...fields, csrc, extensions, marker: random(2) === 1 });
      const payload = bytes(random(40));
      const packet = new RtpPacket(header, payload).serialize();
      const read = readRtpHeader(packet)!;
      expect(read).toMatchObject({ ...fields, padding: false });
      expect(packet.subarray(read.payloadOffset)).toEqual(payload);
    }
  });

  it("is written as werift writes it", () => {
    for (let i = 0; i < 200; i++) {
      const [ssrc, payloadType, marker, sequenceNumber, timestamp] = [
        random(2 ** 32),
        random(128),
        i % 2 === 1,
        random(65_536),
        random(2 ** 32),
      ];
      const theirs = new RtpHeader({ ssrc, payloadType, marker, sequenceNumber, timestamp });
      const ours = new SentHeader(ssrc, payloadType, marker, sequenceNumber, timestamp);
      expect(ours.serialize()).toEqual(theirs.serialize(theirs.serializeSize));
      expect(ours.serializeSize).toBe(theirs.serializeSize);
    }
  });

  it("of random bytes is refused, or ends within them", () => {
    let taken = 0;
    for (let i = 0; i < 50_000; i++) {
      const packet = bytes(random(60));
      if (packet.length > 0 && i % 2 === 0) packet[0] = 0x80 | (packet[0]! & 0x3f);
      const header = readRtpHeader(packet);
      if (header === undefined) continue;
      taken++;
      expect(header.payloadOffset).toBeGreaterThanOrEqual(12);
      expect(header.payloadOffset).toBeLessThanOrEqual(packet.length);
      expect(Object.values(header).every((value) => value >= 0 || value === false)).toBe(true);
    }
    expect(taken).toBeGreaterThan(1000);
  });
});

describe.each(["AES-GCM", "AES-CM with HMAC"] as const)("with a peer that is werift and encrypts with %s", (cipher) => {
  it("audio goes both ways, with padding as without; forged packets change nothing", async () => {
    const { client, host, ear } = await call(cipher);
    const [sender] = client.getSenders();
    const transport = client.dtlsTransports[0]!;
    const reports: RtcpReceiverInfo[] = [];
    transport.onRtcp.subscribe((packet) => packet instanceof RtcpRrPacket && reports.push(...packet.reports));
    // Over the end of the sequence: the rollovers count.
    for (let i = 0; i < 40; i++) {
      const header = new RtpHeader({ sequenceNumber: (65_516 + i) & 0xffff, timestamp: i * 960 });
      if (i % 3 === 0) Object.assign(header, { padding: true, paddingSize: 4 });
      const payload = i % 3 === 0 ? Buffer.concat([silence, Buffer.from([0, 0, 0, 4])]) : silence;
      await sender!.sendRtp(new RtpPacket(header, payload));
      // As if the sequence had ended and gone on.
      for (const sequenceNumber of [5, 1000]) {
        const { ssrc, codec } = sender!;
        const forged = new SentHeader(ssrc, codec!.payloadType, false, sequenceNumber, 0);
        await transport.iceTransport.connection.send(Buffer.concat([forged.serialize(), bytes(random(60))]));
      }
      await wait(20);
    }
    await until(() => reports.some(({ highestSequence }) => highestSequence === 19));
    expect(reports.at(-1)!.packetsLost).toBe(0);
    expect(ear.audio).toBeGreaterThan(30);
    expect(host.carrier.stats().packetsReceived).toBeGreaterThanOrEqual(120);
  });

  it("reports of both kinds come, with the time; what is asked for again is sent again", async () => {
    const { client, host } = await call(cipher);
    const transport = client.dtlsTransports[0]!;
    const [sender] = client.getSenders();
    const sent: RtpHeader[] = [];
    const senderReports: RtcpSrPacket[] = [];
    const receiverReports: RtcpReceiverInfo[] = [];
    transport.onRtp.subscribe(({ header }) => sent.push(header));
    transport.onRtcp.subscribe((packet) => {
      if (packet instanceof RtcpSrPacket) senderReports.push(packet);
      if (packet instanceof RtcpRrPacket) receiverReports.push(...packet.reports);
    });
    for (let i = 0; i < 100; i++) {
      void host.carrier.sendMedia(tone(i), "audio");
      // Every tenth is lost on the way.
      const header = new RtpHeader({ sequenceNumber: 100 + i, timestamp: i * 960 });
      if (i % 10 !== 5) await sender!.sendRtp(new RtpPacket(header, silence));
      await wait(20);
    }
    await until(() => senderReports.length > 1 && receiverReports.some(({ packetsLost }) => packetsLost > 4));
    const { senderInfo } = senderReports.at(-1)!;
    const seconds = Number(senderInfo.ntpTimestamp >> 32n) - 2_208_988_800;
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(5);
    expect(senderInfo.packetCount).toBeGreaterThan(40);
    expect(sent.some(({ timestamp }) => timestamp === senderInfo.rtpTimestamp)).toBe(true);
    expect(receiverReports.every(({ ssrc }) => ssrc === sender!.ssrc)).toBe(true);
    const { sequenceNumber: lost, ssrc } = sent.at(-20)!;
    const count = (): number => sent.filter(({ sequenceNumber }) => sequenceNumber === lost).length;
    expect(count()).toBe(1);
    const feedback = new GenericNack({ senderSsrc: sender!.ssrc, mediaSourceSsrc: ssrc, lost: [lost] });
    await transport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
    await until(() => count() === 2);
  });
});

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** A call from werift without our code around it. */
async function call(cipher: keyof typeof profiles) {
  const client = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  client.addTransceiver("audio", { direction: "sendrecv" });
  const channel = client.createDataChannel("messages");
  const offer = await client.createOffer();
  Object.assign(client.dtlsTransports[0]!, { srtpProfiles: [profiles[cipher]] });
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
  expect(client.dtlsTransports[0]!.srtp.config.profile).toBe(profiles[cipher]);
  return { client, host, ear: new Ear(host.carrier) };
}
