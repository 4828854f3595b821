import { isRemoteMediaError } from "@remotemedia/core";
import { originId, WebRtcConnection } from "@remotemedia/transport-webrtc";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "./joined.ts";
import { audio, data, offer, pageOffer, video } from "./offers.ts";

const open: WebRtcConnection[] = [];
afterEach(() => Promise.all(open.splice(0).map((connection) => connection.close(0))));

async function answerTo(sdp: string, options = {}): Promise<string> {
  const connection = await WebRtcConnection.accept(sdp, { isForeign: true, log: silentLog, ...options });
  open.push(connection);
  return connection.description;
}

const refusal = (sdp: unknown): Promise<string> =>
  answerTo(sdp as string).then(
    () => "answered",
    (thrown: unknown) => (isRemoteMediaError(thrown) ? `${thrown.code}: ${thrown.message}` : `not ours: ${thrown}`),
  );

const linesOf = (sdp: string): string[] => sdp.split("\r\n").filter((line) => line.startsWith("m="));
const section = (sdp: string, kind: string): string => sdp.split(/(?=^m=)/m).find((part) => part.startsWith(`m=${kind}`)) ?? "";

describe("an offer is answered", () => {
  it("line for line, in the order of the offer", async () => {
    const answer = await answerTo(offer(data("d"), video("v"), audio("a")));
    expect(linesOf(answer)).toEqual([
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    ]);
    expect(answer.match(/^a=mid:.*$/gm)).toEqual(["a=mid:d", "a=mid:v", "a=mid:a"]);
    expect(answer).toContain("a=group:BUNDLE d v a\r\n");
  });

  it("with a stream for the page, without candidates, as the passive end, and with a fingerprint", async () => {
    const answer = await answerTo(pageOffer());
    expect(section(answer, "audio")).toMatch(/^a=msid:\S+ \S+\r$/m);
    expect(section(answer, "audio")).toContain("a=sendrecv\r\n");
    expect(answer).not.toMatch(/^a=(candidate|end-of-candidates)/m);
    expect(answer).toContain("a=setup:passive");
    expect(answer).toMatch(/^a=fingerprint:sha-256 /m);
  });

  it("with what this end wants of Opus", async () => {
    expect(await answerTo(pageOffer())).toContain("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n");
    expect(await answerTo(pageOffer(), { opus: { fec: false, dtx: false } })).toContain(
      "a=fmtp:111 minptime=10;useinbandfec=0;usedtx=0\r\n",
    );
  });

  it("with the feedback for video that is given and understood", async () => {
    const answer = section(await answerTo(pageOffer()), "video");
    expect(answer.match(/^a=rtcp-fb:96 .*(?=\r$)/gm)).toEqual(
      ["goog-remb", "transport-cc", "nack", "nack pli"].map((name) => `a=rtcp-fb:96 ${name}`),
    );
    expect(answer).toContain("a=fmtp:97 apt=96");
  });

  it("with port 0 for lines that cannot be used", async () => {
    const isdn = audio("1").map((line) => line.replace("111 63 0", "0").replace(/^a=(rtpmap|fmtp|rtcp-fb):(111|63).*/, "a=x"));
    const many = offer(
      isdn,
      audio("2"),
      audio("3"),
      video("4"),
      video("5"),
      ["m=text 9 UDP/TLS/RTP/SAVPF 98", "a=mid:6"],
      data("7"),
      data("8"),
      audio("9"),
      video("10"),
    );
    const ports = linesOf(await answerTo(many)).map((line) => line.split(" ")[1]);
    expect(ports).toEqual(["0", "9", "0", "9", "0", "0", "9", "0", "0", "0"]);
  });

  it("when it has no audio, or nothing but audio", async () => {
    expect(linesOf(await answerTo(offer(data("0"))))).toHaveLength(1);
    expect(linesOf(await answerTo(offer(audio("0"))))).toEqual(["m=audio 9 UDP/TLS/RTP/SAVPF 111"]);
    expect(linesOf(await answerTo(offer(audio("0", "a=recvonly").filter((line) => line !== "a=sendrecv"))))).toHaveLength(1);
  });

  it("when the transport is described for the session, as Firefox does", async () => {
    const isTransport = (line: string): boolean => /^a=(fingerprint|ice-ufrag|ice-pwd)/.test(line);
    const [head, ...rest] = offer(audio("0"), data("1")).split(/(?=^m=)/m);
    const lines = rest.join("").split("\r\n");
    const sdp = `${head}${lines.filter(isTransport).slice(0, 3).join("\r\n")}\r\n${lines.filter((line) => !isTransport(line)).join("\r\n")}`;
    expect(linesOf(await answerTo(sdp))).toHaveLength(2);
  });
});

describe("an offer is refused, with the reason", () => {
  it("when the peer is not encrypted", async () => {
    expect(await refusal(pageOffer().replaceAll(/^a=fingerprint.*\r\n/gm, ""))).toContain(
      "media-incompatible: the session description has no fingerprint",
    );
    expect(await refusal(pageOffer().replaceAll("UDP/TLS/RTP/SAVPF", "RTP/AVP"))).toContain(
      "media-incompatible: media over RTP/AVP are not keyed by DTLS",
    );
    expect(
      await refusal(pageOffer().replaceAll(/sha-256 \S+/g, "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33")),
    ).toContain("fingerprint that can be trusted");
  });

  it("when nothing in it can be used", async () => {
    expect(await refusal(offer(video("0").map((line) => line.replaceAll(/VP[89]/g, "X1"))))).toContain("media-incompatible: no line");
    expect(await refusal(offer())).toContain("no m-line");
    expect(await refusal(pageOffer().replaceAll(/^a=mid.*\r\n/gm, ""))).toContain("no line");
    expect(await refusal(pageOffer().replaceAll(/^a=ice-pwd.*\r\n/gm, ""))).toContain("ICE user fragment and password");
  });

  it("when it is no description, or too long", async () => {
    for (const bad of [undefined, 7, {}, "", "hello", "m=audio", "v=0", "v=0\r\nm=\r\n"])
      expect(await refusal(bad)).toContain("media-incompatible");
    expect(await refusal(`v=0\r\n${"a=x\r\n".repeat(20_000)}`)).toContain("limit-exceeded");
    expect(await refusal(`v=0\r\n${"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(33)}`)).toContain("more than 32 m-lines");
  });

  it("or answered, but never crashes, whatever was changed in it", async () => {
    const base = pageOffer().split("\r\n");
    const garbage = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "a=fmtp:111",
        "a=rtpmap:",
        "a=ssrc:x y",
        "a=ssrc-group:FID",
        "a=mid:0",
        "a=extmap:99999 x",
        "a=sctp-port:99999",
        "m=audio 0 UDP/TLS/RTP/SAVPF 111",
        "a=group:BUNDLE",
        "a=setup:holdconn",
        "a=bundle-only",
        "a=candidate:x",
        "a=rtcp-fb:* nack",
        "a=simulcast:send 1;2",
        "a=rid:1 send",
      ),
    );
    const change = fc.record({ at: fc.nat(base.length - 1), line: garbage, isAdded: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const lines = [...base];
        for (const { at, line, isAdded } of changes) lines.splice(at % lines.length, isAdded ? 0 : 1, line);
        expect(await refusal(lines.join("\r\n"))).toMatch(/^(answered|media-incompatible|limit-exceeded)/);
        await Promise.all(open.splice(0).map((connection) => connection.close(0)));
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

it("a description of the same connection has the same origin", () => {
  expect(originId(pageOffer())).toBe("8019233081892758837");
  expect(originId("v=0")).toBeUndefined();
});
