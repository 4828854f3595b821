import { encodedFrame, Flags, type Frame, isRemoteMediaError, systemClock, textFrame } from "@remotemedia/core";
import { type CandidateJson, tickerOf, WebRtcConnection, type WebRtcState } from "@remotemedia/transport-webrtc";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Ear } from "./ear.ts";
import { type Joined, join as joinAnyhow, lose, repeatHandshakes, silentLog, tone, until, wait } from "./joined.ts";
import { pageOffer } from "./offers.ts";

vi.setConfig({ testTimeout: 20_000 });

const open: Joined[] = [];
async function join(...options: Parameters<typeof joinAnyhow>): Promise<Joined> {
  const joined = await joinAnyhow(...options);
  open.push(joined);
  return joined;
}
afterEach(() => Promise.all(open.splice(0).flatMap(({ caller, host }) => [caller.close(0), host.close(0)])));

const accept = (options = {}): Promise<WebRtcConnection> =>
  WebRtcConnection.accept(pageOffer(), { isForeign: true, log: silentLog, ...options });

describe("a connection", () => {
  it("is answered at once and comes about over candidates that trickle", async () => {
    const { caller, host } = await join();
    expect([caller.state, host.state, caller.carrier.tracks, host.carrier.tracks]).toEqual([
      "connected",
      "connected",
      ["audio"],
      ["audio"],
    ]);
    expect(caller.description + host.description).not.toContain("a=candidate");
  });

  it("comes about although greetings arrive twice, as they do when a process has stood still", async () => {
    repeatHandshakes(true);
    const { caller, host } = await join().finally(() => repeatHandshakes(false));
    const ear = new Ear(host.carrier);
    await caller.carrier.send({ type: "frame", sequence: 1, frame: textFrame("hello") });
    await until(() => ear.texts.length === 1);
  });

  it("comes about while a fifth of all datagrams is lost", async () => {
    lose(0.2);
    const both = await Promise.all([join(), join(), join()]).finally(() => lose(0));
    expect(both.map(({ caller, host }) => [caller.state, host.state])).toEqual(Array(3).fill(["connected", "connected"]));
  });

  it("is refused to a peer whose certificate is not that of its description", async () => {
    const wrong = (sdp: string): string =>
      sdp.replace(/(a=fingerprint:sha-256 )(..)/g, (_, head, byte) => `${head}${byte === "00" ? "01" : "00"}`);
    const candidates: CandidateJson[] = [];
    const states: WebRtcState[] = [];
    let host: WebRtcConnection | undefined;
    const caller = await WebRtcConnection.dial({
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => (host ? host.addCandidate(candidate) : candidates.push(candidate)),
    });
    host = await WebRtcConnection.accept(wrong(caller.description), {
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => caller.addCandidate(candidate),
      onState: (state) => states.push(state),
    });
    for (const candidate of candidates) host.addCandidate(candidate);
    await caller.answered(host.description);
    await expect(host.connected).rejects.toThrow("the peer is not who its description says");
    expect(states).toEqual(["closed"]);
    await caller.close(0);
  });

  it("lives on over an ICE restart", async () => {
    const { caller, host } = await join();
    const ear = new Ear(host.carrier);
    const speaking = speak(caller);
    await until(() => ear.audio > 10);
    const origins = [originOf(caller), originOf(host)];
    await caller.answered(await host.renegotiate(await caller.restart()));
    expect([originOf(caller), originOf(host)]).toEqual(origins.map(([id, version]) => [id, Number(version) + 1]));
    const before = ear.audio;
    await until(() => ear.audio > before + 60);
    await caller.carrier.send({ type: "frame", sequence: 1, frame: textFrame("still here") });
    await until(() => ear.texts.length === 1);
    speaking.stop();
    expect([caller.state, host.state]).toEqual(["connected", "connected"]);
  });

  it("tells when nothing arrives after an ICE restart", async () => {
    const states: WebRtcState[] = [];
    const { caller, host, cut } = await join({}, { onState: (state) => states.push(state) });
    new Ear(host.carrier);
    const speaking = speak(caller);
    await wait(300);
    cut();
    await host.renegotiate(await caller.restart());
    await until(() => states.includes("stalled"));
    speaking.stop();
  });

  it("that does not come about is given up", async () => {
    const connection = await accept({ connectTimeoutMs: 300 });
    const ear = new Ear(connection.carrier);
    await expect(connection.connected).rejects.toThrow("no connection came about within 0.3 s");
    expect(ear.closings).toEqual(["transport-failed"]);
    expect(() => connection.carrier.send({ type: "pause" })).toThrow("the connection is closed");
  });

  it("that is closed while it comes about leaves nothing behind", async () => {
    const connection = await accept();
    await Promise.all([connection.close(), connection.close(0)]);
    await expect(connection.connected).rejects.toThrow("the connection was closed");
    expect(connection.state).toBe("closed");
    connection.addCandidate({ candidate: "candidate:1 1 udp 1 192.0.2.9 5000 typ host", sdpMid: "0" });
    await expect(connection.renegotiate(pageOffer())).rejects.toThrow("the connection is closed");
  });
});

describe("a connection that is closed", () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("UDP")).length;

  it.each([0, 1, 5, 20, 50, 80, 120, 160])("leaves nothing behind %s ms after it began", async (ms) => {
    const before = [sockets(), tickerOf(systemClock).size];
    let host: WebRtcConnection | undefined;
    const caller = await WebRtcConnection.dial({
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => host?.addCandidate(candidate),
    });
    host = await WebRtcConnection.accept(caller.description, {
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => caller.addCandidate(candidate),
    });
    const joining = caller.answered(host.description).catch(() => undefined);
    if (ms > 0) await wait(ms);
    await Promise.all([caller.close(0), host.close(0), caller.close(0), joining]);
    await until(() => sockets() === before[0] && tickerOf(systemClock).size === before[1]);
  });

  it("does so while it renegotiates, and says so", async () => {
    const before = [sockets(), tickerOf(systemClock).size];
    for (const turns of [0, 1, 2, 3, 5, 8]) {
      const { caller, host } = await join();
      const offer = await caller.restart();
      const renegotiating = [host.renegotiate(offer), caller.restart()].map((promise) => promise.catch((error: unknown) => String(error)));
      for (let i = 0; i < turns; i++) await null;
      await Promise.all([caller.close(0), host.close(0)]);
      for (const outcome of await Promise.all(renegotiating)) expect(outcome).toMatch(/^v=0|the connection is closed/);
    }
    await until(() => sockets() === before[0] && tickerOf(systemClock).size === before[1]);
  });
});

describe("media before the handshake is over", () => {
  it("wait if they answer, and are let go if they are live", async () => {
    const candidates: CandidateJson[] = [];
    let host: WebRtcConnection | undefined;
    const caller = await WebRtcConnection.dial({
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => (host ? host.addCandidate(candidate) : candidates.push(candidate)),
    });
    host = await WebRtcConnection.accept(caller.description, {
      isForeign: false,
      log: silentLog,
      onCandidate: (candidate) => caller.addCandidate(candidate),
    });
    open.push({ caller, host, cut: () => undefined });
    const ear = new Ear(caller.carrier);
    expect(host.carrier.sendMedia(tone(0), "audio")).toBeUndefined();
    const waiting = host.carrier.sendMedia(tone(0, { turn: 1, flags: Flags.answer }), "audio");
    expect(waiting).toBeInstanceOf(Promise);
    for (const candidate of candidates) host.addCandidate(candidate);
    await caller.answered(host.description);
    await waiting;
    await until(() => ear.audio > 0);
  });
});

describe("candidates", () => {
  const host = (address: string): CandidateJson => ({
    candidate: `candidate:1 1 udp 2122194687 ${address} 40000 typ host`,
    sdpMid: "0",
    sdpMLineIndex: 0,
  });

  it("that are malformed, forbidden or too many are counted and let go", async () => {
    const connection = await accept({ maxCandidates: 9, allowCandidate: (address: string) => !address.startsWith("10.") });
    const bad = [
      { candidate: "candidate:x" },
      null,
      7,
      "",
      { candidate: 5 },
      host("10.0.0.1"),
      host("224.0.0.1"),
      host("example.org"),
      host("192.0.2.1"),
      host("192.0.2.2"),
    ];
    for (const candidate of bad) connection.addCandidate(candidate as CandidateJson);
    await until(() => connection.refusedCandidates >= 8);
    expect(connection.refusedCandidates).toBe(8);
    await connection.close(0);
  });

  it("behind names of mDNS wait for the peer's own checks", async () => {
    const connection = await accept();
    connection.addCandidate(host("2a1f7c0e-0000-4000-8000-000000000000.local"));
    expect(connection.refusedCandidates).toBe(0);
    await connection.close(0);
  });

  it("of this end are shown only where that is allowed", async () => {
    const shown: CandidateJson[] = [];
    const connection = await accept({ allowCandidate: () => false, onCandidate: (candidate: CandidateJson) => shown.push(candidate) });
    await wait(100);
    expect(shown).toEqual([]);
    await connection.close(0);
  });
});

describe("a page without our code", () => {
  it("gets text, json and events as plain JSON, and is read as frames", async () => {
    const { caller, host } = await join({ isForeign: true });
    const [page, ours] = [new Ear(caller.carrier), new Ear(host.carrier)];
    await host.carrier.send({
      type: "frame",
      sequence: 1,
      frame: textFrame("hello", { timestamp: 1_500_000, turn: 2, flags: Flags.answer, final: false }),
    });
    await host.carrier.send({ type: "turn", turn: 3, cuts: {} });
    await caller.carrier.send({ type: "frame", sequence: 1, frame: textFrame("not JSON") });
    await until(() => page.messages.length === 1 && ours.messages.length === 1);
    const { value } = page.frames[0] as unknown as { value: { timestamp: number } };
    expect(value).toEqual({ type: "text_response", text: "hello", timestamp: expect.any(Number), final: false, turn: 2, answer: true });
    // The time of day in seconds.
    expect(Math.abs(value.timestamp - Date.now() / 1000)).toBeLessThan(60);
    expect(page.messages).toHaveLength(1);
  });
});

describe("encoded video", () => {
  it("passes through, and a key frame can be asked for", async () => {
    const { caller, host } = await join({ offers: ["audio", "video"] });
    const [sender, ear] = [new Ear(caller.carrier), new Ear(host.carrier)];
    const payload = Uint8Array.from({ length: 5000 }, (_, i) => (i === 0 ? 0 : i & 255));
    const send = (index: number): void =>
      void caller.carrier.sendMedia(
        encodedFrame("encoded-video", {
          codec: "vp8",
          type: index === 0 ? "key" : "delta",
          data: index === 0 ? payload : payload.map((byte, i) => (i === 0 ? 1 : byte)),
          timestamp: index * 33_333,
        }),
        "video",
      );
    for (let i = 0; i < 5; i++) send(i);
    await until(() => ear.video.length === 5);
    expect(ear.video.map(({ type, data }) => [type, data.length])).toEqual([["key", 5000], ...Array(4).fill(["delta", 5000])]);
    expect(host.carrier.request("keyframe", null, "video")).toBe(true);
    expect(host.carrier.request("bitrate", 300_000, "video")).toBe(true);
    expect(host.carrier.request("keyframe", null, "audio")).toBe(false);
    await until(() => sender.requests.length >= 2);
    expect(sender.requests).toEqual(
      expect.arrayContaining([
        ["keyframe", null, "video"],
        ["bitrate", 300_000, "video"],
      ]),
    );
  });

  it("of another codec, or on a track that there is not, is refused", async () => {
    const { caller } = await join({ offers: ["audio"] });
    expect(codeOf(() => caller.carrier.sendMedia(tone(0), "video"))).toBe("port-unknown");
    expect(
      codeOf(() =>
        caller.carrier.sendMedia(encodedFrame("encoded-video", { codec: "vp8", type: "key", data: new Uint8Array(3) }), "audio"),
      ),
    ).toBe("media-incompatible");
  });
});

/** The session id of the last description, and its version. */
function originOf({ description }: WebRtcConnection): [string | undefined, number] {
  const [, id, version] = /^o=\S+ (\d+) (\d+) /m.exec(description) ?? [];
  return [id, Number(version)];
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return isRemoteMediaError(thrown) ? thrown.code : String(thrown);
  }
}

/** Speaks in real time until it is stopped. */
function speak({ carrier }: WebRtcConnection): { stop(): void } {
  let [index, started] = [0, performance.now()];
  const timer = setInterval(() => {
    for (; index * 20 < performance.now() - started; index++) {
      const frame: Frame = tone(index);
      try {
        void carrier.sendMedia(frame, "audio");
      } catch {
        clearInterval(timer);
      }
    }
  }, 10);
  started = performance.now();
  return { stop: () => clearInterval(timer) };
}
