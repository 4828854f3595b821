import { VirtualClock } from "@remotemedia/core";
import { iceServersFrom, isPrivateAddress, tickerOf } from "@remotemedia/transport-webrtc";
import { describe, expect, it } from "vitest";
import { isUnicast, parseCandidate } from "../src/candidate-policy.ts";
import { ExpectedLoss } from "../src/expected-loss.ts";

describe("REMOTEMEDIA_TURN_URL", () => {
  it("names servers, with user and password in the URL", () => {
    expect(iceServersFrom({})).toEqual([]);
    expect(iceServersFrom({ REMOTEMEDIA_TURN_URL: "stun:a.example:3478, turns:us%40r:p%3Ass@b.example?transport=tcp" })).toEqual([
      { urls: "stun:a.example:3478" },
      { urls: "turns:b.example?transport=tcp", username: "us@r", credential: "p:ss" },
    ]);
  });

  it("is refused without repeating the password", () => {
    for (const url of ["turn:host:3478", "http://x", "turn:user@host", "turn:u:secret@"]) {
      const refused = (): unknown => iceServersFrom({ REMOTEMEDIA_TURN_URL: url });
      expect(refused).toThrow(/cannot be read/);
      expect(refused).not.toThrow(/secret/);
    }
  });
});

describe("a candidate", () => {
  it("is read as browsers write it, and written anew without what is not needed", () => {
    const line = "candidate:354690509 1 udp 2122194687 192.0.2.2 33630 typ host generation 0 ufrag kzu9 network-id 1";
    expect(parseCandidate(line)).toEqual({
      line: "candidate:354690509 1 udp 2122194687 192.0.2.2 33630 typ host",
      transport: "udp",
      address: "192.0.2.2",
    });
    expect(parseCandidate("candidate:1 1 UDP 1 198.51.100.7 5 typ srflx raddr 10.0.0.1 rport 9")?.line).toBe(
      "candidate:1 1 udp 1 198.51.100.7 5 typ srflx raddr 10.0.0.1 rport 9",
    );
  });

  it("that is none is not", () => {
    for (const line of [
      "",
      "candidate:",
      "candidate:1 1 udp 1 h 70000 typ host",
      "candidate:1 1 udp 99999999999 h 5 typ host",
      "candidate:1 1 sctp 1 h 5 typ host",
      "x".repeat(5000),
    ])
      expect(parseCandidate(line)).toBeUndefined();
  });

  it("has an address that is private, or public, and of one host", () => {
    const isPrivate = [
      "10.1.2.3",
      "172.31.0.1",
      "192.168.0.1",
      "127.0.0.1",
      "169.254.1.1",
      "100.64.0.1",
      "::1",
      "fe80::1",
      "fd00::2",
      "::ffff:10.0.0.1",
      "name.local",
      "",
    ];
    const isPublic = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8"];
    expect(isPrivate.filter((address) => !isPrivateAddress(address))).toEqual([]);
    expect(isPublic.filter(isPrivateAddress)).toEqual([]);
    expect(["224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "::", "name"].filter(isUnicast)).toEqual([]);
  });
});

it("error correction begins with loss that stays, and ends with it", () => {
  const loss = new ExpectedLoss();
  const told = (...ratios: number[]): number[] => ratios.map((ratio) => Math.round(loss.report(ratio)));
  expect(told(0, 1, 0.2, 0)).toEqual([0, 0, 0, 0]);
  expect(told(0.1, 0.2, 0.3)).toEqual([0, 0, 20]);
  // Once begun it goes on over a better report or two.
  expect(told(0, 0.03, 0.3)).toEqual([17, 11, 11]);
  expect(told(0, 0, 0)).toEqual([11, 10, 0]);
});

describe("the ticker", () => {
  it("calls what is due with one timer, and goes on when one throws", async () => {
    const clock = new VirtualClock();
    const ticker = tickerOf(clock);
    const calls: string[] = [];
    const member = (name: string, everyUs: number, isBad = false) => ({
      dueUs: everyUs,
      tick(nowUs: number) {
        calls.push(`${name} ${nowUs / 1000}`);
        this.dueUs = nowUs + everyUs;
        if (isBad) throw new Error("bad");
      },
      failed: (thrown: unknown) => void calls.push(`${name} failed: ${(thrown as Error).message}`),
    });
    const leave = [ticker.add(member("a", 20_000)), ticker.add(member("b", 21_000)), ticker.add(member("c", 5_000, true))];
    expect(clock.pending).toBe(1);
    await clock.advance(42);
    // What is due within 2 ms is done together.
    expect(calls).toEqual(["c 5", "c failed: bad", "a 20", "b 22", "a 40"]);
    for (const stop of leave) stop();
    expect([clock.pending, ticker.size]).toEqual([0, 0]);
  });
});
