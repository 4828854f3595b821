import { describe, expect, test } from "vitest";
import { type Arrival, join, type PlayedFrame, quantile, randomFrom, receive, type SenderOptions, send, tone } from "./simulated-call.ts";

const between = (frames: readonly PlayedFrame[], fromMs: number, toMs: number) =>
  frames.filter(({ atUs }) => atUs >= fromMs * 1000 && atUs < toMs * 1000);
const delays = (frames: readonly PlayedFrame[]) => frames.map(({ delayMs }) => delayMs);
const call = (options: SenderOptions, receiver: Parameters<typeof receive>[1] = {}) => receive(send(options), receiver);

/** Whether media time runs on without holes, but where frames say so. */
function expectEvenTime(frames: readonly PlayedFrame[]): void {
  let count: number | undefined;
  for (const frame of frames) {
    if (count === undefined || frame.discontinuity) count = Math.round(frame.timestampUs * 0.048);
    expect(Math.abs(frame.timestampUs - count / 0.048)).toBeLessThanOrEqual(11);
    count += frame.samples.length;
  }
}

describe("the delay", () => {
  test("is 20 ms on a clean link, and what comes out is what went in", () => {
    const { frames, buffer } = call({ seconds: 5 });
    expect(Math.max(...delays(frames))).toBeLessThan(20.1);
    expect(frames.every(({ samples, concealed }) => samples.length === 960 && !concealed)).toBe(true);
    const heard = join(frames);
    const spoken = tone();
    expect(heard.every((sample, i) => i < 240 || sample === spoken[i % spoken.length])).toBe(true);
    expect(buffer.stats()).toMatchObject({ packets: 250, lost: 0, concealedMs: 0, acceleratedMs: 0, stretchedMs: 0 });
  });

  test("stays at 30 ms or less with the usual 5 ms of jitter and timers that fire late", () => {
    const random = randomFrom(1);
    const { frames, buffer } = call({ seconds: 60, network: () => 30_000 + random() * 5000 }, { lateness: () => random() * 3000 });
    expect(quantile(delays(frames), 0.5)).toBeLessThan(27);
    expect(quantile(delays(frames), 0.95)).toBeLessThan(30);
    expect(buffer.stats().concealedMs).toBe(0);
  });

  test("grows to cover 100 ms of jitter, and little is made up", () => {
    const random = randomFrom(2);
    const { frames, buffer } = call({ seconds: 60, network: () => 30_000 + random() * 100_000 });
    const { targetMs, concealedMs, jitterMs, late } = buffer.stats();
    expect(targetMs).toBeGreaterThan(85);
    expect(quantile(delays(frames), 0.95)).toBeLessThan(125);
    expect(concealedMs).toBeLessThan(600);
    expect(late).toBeLessThan(10);
    expect(jitterMs).toBeGreaterThan(20);
    expectEvenTime(frames);
  });

  test("is back at its minimum 5 s after a disturbance", () => {
    const random = randomFrom(3);
    const { frames } = call({ seconds: 20, network: (_, at) => 30_000 + random() * (at > 3e6 && at < 8e6 ? 100_000 : 1000) });
    expect(quantile(delays(between(frames, 5000, 8000)), 0.5)).toBeGreaterThan(85);
    expect(Math.max(...delays(between(frames, 13_100, 20_000)))).toBeLessThan(26);
  });

  test("follows a route that becomes 100 ms longer, and one that becomes 100 ms shorter", () => {
    const random = randomFrom(4);
    const { frames } = call({ seconds: 30, network: (_, at) => (at > 5e6 && at < 15e6 ? 130_000 : 30_000) + random() * 1000 });
    expect(Math.max(...delays(between(frames, 10_100, 15_000)))).toBeLessThan(26);
    expect(Math.max(...delays(between(frames, 18_000, 30_000)))).toBeLessThan(26);
  });

  test("never passes its maximum for long", () => {
    const random = randomFrom(5);
    const { frames, buffer } = call({ seconds: 60, network: () => 30_000 + random() ** 3 * 900_000 }, { maxDelayMs: 120 });
    expect(buffer.stats().targetMs).toBeLessThanOrEqual(120);
    expect(quantile(delays(frames), 0.99)).toBeLessThan(260);
  });
});

describe("losses", () => {
  test("after 2 s of nothing sound is back at once and the delay where it was", () => {
    const { frames, buffer } = call({ seconds: 15, network: (_, at) => (at >= 5e6 && at < 7e6 ? undefined : 30_000) });
    const back = frames.find(({ atUs, concealed }) => atUs > 5.2e6 && !concealed) as PlayedFrame;
    expect(back.atUs).toBeLessThan(7.1e6);
    expect(Math.max(...delays(between(frames, 7100, 15_000)))).toBeLessThan(21);
    const gap = join(frames.filter(({ concealed }) => concealed));
    expect(gap.subarray(0, 480).some((x) => Math.abs(x) > 0.1)).toBe(true);
    expect(gap.subarray(4800 + 480).every((x) => Math.abs(x) < 1e-6)).toBe(true);
    expect(buffer.stats()).toMatchObject({ lost: 100, concealmentEvents: 1 });
    expectEvenTime(frames);
  });

  test("a network that holds 2 s back and then gives all at once is caught up with in 5 s", () => {
    const { frames, buffer } = call({ seconds: 20, network: (_, at) => (at >= 5e6 && at < 7e6 ? 7e6 - at : 0) + 30_000 });
    expect(between(frames, 7040, 7300).every(({ concealed }) => !concealed)).toBe(true);
    expect(Math.max(...delays(between(frames, 7000, 12_000)))).toBeLessThan(230);
    expect(Math.max(...delays(between(frames, 12_100, 20_000)))).toBeLessThan(26);
    expect(buffer.stats().dropped).toBeGreaterThan(0);
  });

  test.each([0.05, 0.2])("a share of %d is counted, and as much is made up", (share) => {
    const random = randomFrom(6);
    const { frames, buffer } = call({ seconds: 60, network: () => (random() < share ? undefined : 30_000 + random() * 3000) });
    const { packets, lost, concealedMs, lossRatio } = buffer.stats();
    expect(packets + lost).toBeGreaterThan(2990);
    expect(Math.abs(concealedMs - 20 * lost)).toBeLessThanOrEqual(100);
    expect(lossRatio).toBeGreaterThan(share / 4);
    expect(quantile(delays(frames), 0.95)).toBeLessThan(30);
    expectEvenTime(frames);
  });

  test("a late packet is still played, and the delay it cost goes again", () => {
    const { frames, buffer } = call({ seconds: 10, network: (k) => (k === 100 ? 95_000 : k > 100 && k < 104 ? 90_000 : 30_000) });
    expect(buffer.stats().lost).toBe(0);
    expect(buffer.stats().concealmentEvents).toBe(1);
    expect(delays(frames).at(-1)).toBeLessThan(26);
  });

  test("packets that the decoder refuses are as good as lost", () => {
    const arrivals = send({ seconds: 4 }).map((arrival, k) =>
      k % 10 === 5 ? { ...arrival, packet: { ...arrival.packet, payload: new Uint8Array(7) } } : arrival,
    );
    const { frames, buffer } = receive(arrivals);
    expect(buffer.stats()).toMatchObject({ undecodable: 20, lost: 20, concealedMs: 400 });
    expect(Math.max(...delays(frames))).toBeLessThan(21);
  });

  test("the codec makes them up", () => {
    let asked = 0;
    const made = [new Float32Array(960).fill(0.25)];
    const heard = [new Float32Array(960).fill(0.5)];
    const decoder = { decode: () => heard, conceal: () => (asked++ < 9 ? made : []) };
    const { frames } = call({ seconds: 2, network: (k) => (k === 50 ? undefined : 30_000) }, { decoder });
    expect(asked).toBe(1);
    expect(frames.filter(({ concealed }) => concealed).map(({ samples }) => samples[0])).toEqual([0.25]);
    expect(
      join(frames)
        .subarray(240)
        .every((x) => x === 0.25 || x === 0.5),
    ).toBe(true);
  });
});

describe("packets", () => {
  test("whose RTP time jumps, back or on, are played, and lost time is not made up for long", () => {
    for (const jump of [-30_000, 30_000, -200_000, 500_000, -3e9]) {
      const arrivals = send({ seconds: 20, firstTimestamp: 2 ** 32 - 300_000 }).map(({ arrivalUs, packet }, k) =>
        k < 250 ? { arrivalUs, packet } : { arrivalUs, packet: { ...packet, timestamp: (packet.timestamp + jump) >>> 0 } },
      );
      const { frames, buffer } = receive(arrivals);
      expect(frames.filter(({ concealed, atUs }) => !concealed && atUs > 5.1e6).length).toBeGreaterThan(720);
      expect(buffer.stats().concealedMs).toBeLessThanOrEqual(100);
      expect(frames.at(-1)?.delayMs).toBeLessThan(26);
      expectEvenTime(frames);
    }
  });

  test("that come after this machine has slept, its clock standing still, are played at once", () => {
    for (const sleptMs of [500, 2500, 60_000, 3_600_000]) {
      const sleptPackets = sleptMs / 20;
      const arrivals = send({ seconds: 10 }).map(({ arrivalUs, packet }, k) =>
        k < 250
          ? { arrivalUs, packet }
          : {
              arrivalUs,
              packet: {
                ...packet,
                sequenceNumber: (packet.sequenceNumber + sleptPackets) & 0xffff,
                timestamp: (packet.timestamp + sleptPackets * 960) >>> 0,
              },
            },
      );
      const { frames, buffer } = receive(arrivals);
      expect(between(frames, 5180, 10_000).every(({ concealed }) => !concealed)).toBe(true);
      expect(buffer.stats().concealedMs).toBeLessThanOrEqual(140);
      expect(frames.at(-1)?.delayMs).toBeLessThan(26);
      expectEvenTime(frames);
    }
  });

  test("may come in any order and more than once, and their numbers may wrap", () => {
    const random = randomFrom(7);
    const numbers = { firstSequence: 65_500, firstTimestamp: 2 ** 32 - 48_000 };
    const once = send({ seconds: 10, ...numbers, network: () => 30_000 + random() * 19_000 });
    const swapped = send({ seconds: 10, ...numbers, network: (k) => (k % 2 === 0 ? 30_000 : 12_000) });
    expect(receive(swapped).buffer.stats()).toMatchObject({ packets: 500, lost: 0, late: 0 });
    const twice = [...once, ...once.map((arrival) => ({ ...arrival, arrivalUs: arrival.arrivalUs + 50_000 * random() }))];
    const { frames, buffer } = receive(twice.sort((a, b) => a.arrivalUs - b.arrivalUs));
    expect(buffer.stats()).toMatchObject({ packets: 500, duplicates: 500, lost: 0, late: 0, strays: 0, concealedMs: 0 });
    expect(frames[0]?.rtpTimestamp).toBe(2 ** 32 - 48_000);
    expect(frames.some(({ rtpTimestamp }) => rtpTimestamp < 48_000)).toBe(true);
  });

  test.each([480, 1920, 2880])("may hold %i samples", (packetSamples) => {
    const random = randomFrom(8);
    const disturbed = (_: number, at: number) => 30_000 + random() * (at > 3e6 && at < 6e6 ? 80_000 : 1000);
    const { frames, buffer } = call({ seconds: 15, packetSamples, network: disturbed });
    expect(Math.max(...delays(between(frames, 11_000, 15_000)))).toBeLessThan(26);
    expect(Math.max(...frames.map(({ samples }) => samples.length))).toBeLessThanOrEqual(960 + 720);
    expect(buffer.stats().lost).toBeLessThan(12);
    expectEvenTime(frames);
  });

  test("left out by a silent sender are silence and no loss, and what follows comes in time", () => {
    const isSilent = (k: number) => k >= 100 && k < 300 && k % 20 !== 0;
    let sequence = 0;
    const arrivals = send({ seconds: 10 }).flatMap(({ arrivalUs, packet }, k) => {
      const payload = k >= 100 && k < 300 ? new Uint8Array(1) : packet.payload;
      return isSilent(k) ? [] : [{ arrivalUs, packet: { ...packet, payload, sequenceNumber: sequence++ } }];
    });
    const { frames, buffer } = receive(arrivals);
    expect(buffer.stats()).toMatchObject({ lost: 0, concealedMs: 0, concealmentEvents: 0 });
    expect(frames.some(({ concealed }) => concealed)).toBe(false);
    expect(join(between(frames, 2300, 6000)).every((x) => x === 0)).toBe(true);
    expect(Math.max(...delays(frames))).toBeLessThan(21);
    expectEvenTime(frames);
  });

  test("that stop for good end the sound after 2 s; when they go on, time has passed", () => {
    const { frames, buffer } = call({ seconds: 20, network: (_, at) => (at >= 5e6 && at < 15e6 ? undefined : 30_000) }, { tailMs: 10_000 });
    expect(buffer.dueUs).toBeUndefined();
    expect(between(frames, 7200, 15_000)).toHaveLength(0);
    const back = between(frames, 15_000, 15_100)[0] as PlayedFrame;
    expect(back).toMatchObject({ discontinuity: true, concealed: false });
    expect(Math.abs(back.timestampUs - (back.atUs - (frames[0] as PlayedFrame).atUs))).toBeLessThan(25);
    expectEvenTime(frames);
  });

  test("of a sender that begins anew are played at once, and one stray packet changes nothing", () => {
    const first = send({ seconds: 5, firstSequence: 100, firstTimestamp: 1000 });
    const second = send({ seconds: 5, startUs: 5e6, firstSequence: 40_000, firstTimestamp: 3e9 });
    const stray: Arrival = { arrivalUs: 2_531_000, packet: { sequenceNumber: 60_000, timestamp: 7, payload: new Uint8Array(3) } };
    const { frames, buffer } = receive([...first, stray, ...second].sort((a, b) => a.arrivalUs - b.arrivalUs));
    expect(buffer.stats()).toMatchObject({ restarts: 1, strays: 3, packets: 500 });
    expect(frames.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
    expect(between(frames, 5150, 9900).every(({ concealed, delayMs }) => !concealed && delayMs < 21)).toBe(true);
    expect(between(frames, 5150, 9900)[0]?.rtpTimestamp).toBeGreaterThan(3e9 - 1);
    expectEvenTime(frames);
  });

  test("at ten times real time are held within the bound, the oldest let go", () => {
    const flood = send({ seconds: 60 }).map(({ arrivalUs, packet }) => ({ arrivalUs: arrivalUs / 10, packet }));
    const { frames, buffer } = receive(flood, { tailMs: 1000 });
    const { dropped, packets } = buffer.stats();
    expect(packets).toBe(3000);
    expect(dropped).toBeGreaterThan(2500);
    const last = frames.findLast(({ concealed }) => !concealed) as PlayedFrame;
    expect(last.atUs - (flood.at(-1)?.arrivalUs ?? 0)).toBeLessThan(330_000);
    expectEvenTime(frames);
  });
});

describe("the one who pulls", () => {
  test("hears nothing that lies before a cut", () => {
    let isCut = false;
    const cut = (buffer: { drop(timestamp: number): void }, nowUs: number) => {
      if (!isCut && nowUs > 2e6) buffer.drop(130 * 960);
      isCut ||= nowUs > 2e6;
    };
    const { frames, buffer } = call({ seconds: 5 }, { before: cut });
    const after = frames.filter(({ atUs }) => atUs > 2e6);
    expect(after.every(({ rtpTimestamp }) => rtpTimestamp >= 130 * 960)).toBe(true);
    expect(after[0]?.discontinuity).toBe(true);
    expect(after.find(({ delayMs, rtpTimestamp }) => rtpTimestamp > 140 * 960 && delayMs > 21)).toBeUndefined();
    expect(buffer.stats()).toMatchObject({ lost: 0, concealedMs: 0 });
    expectEvenTime(frames);
  });

  test("may have slept: a short while is caught up with, a long one is left out", () => {
    const asleep = (fromUs: number, toUs: number) => ({ lateness: (dueUs: number) => (dueUs > fromUs && dueUs < toUs ? toUs - dueUs : 0) });
    const short = call({ seconds: 10 }, asleep(3e6, 3.3e6));
    expect(short.frames.filter(({ discontinuity }) => discontinuity)).toHaveLength(0);
    const long = call({ seconds: 20 }, asleep(3e6, 6e6));
    expect(long.frames.filter(({ discontinuity }) => discontinuity).length).toBeGreaterThan(0);
    expect(long.frames.at(-1)?.delayMs).toBeLessThan(26);
    expectEvenTime(long.frames);
  });

  /** An event loop that is held: neither are packets read nor frames pulled meanwhile. */
  const heldCall = (fromMs: number, forMs: number, isPullFirst: boolean) => {
    const toUs = (fromMs + forMs) * 1000;
    const isHeld = (us: number) => us > fromMs * 1000 && us < toUs;
    const arrivals = send({ seconds: 15 }).map((arrival) =>
      isHeld(arrival.arrivalUs) ? { ...arrival, arrivalUs: toUs + (isPullFirst ? 500 : 0) } : arrival,
    );
    return receive(arrivals, { lateness: (dueUs) => (isHeld(dueUs) ? toUs - dueUs : 0) });
  };

  test.each([
    [40, true],
    [100, true],
    [300, true],
    [480, true],
    [40, false],
    [100, false],
    [300, false],
    [480, false],
  ])(
    "was held for %i ms with all that came meanwhile (and asks first: %s): nothing is made up, let go or waited for",
    (forMs, isPullFirst) => {
      const { frames, buffer } = heldCall(5005, forMs, isPullFirst);
      expect(buffer.stats()).toMatchObject({ lost: 0, late: 0, dropped: 0, concealedMs: 0, stretchedMs: 0 });
      expect(frames.some(({ discontinuity }, i) => discontinuity && i > 0)).toBe(false);
      expect(Math.max(...between(frames, 5010 + forMs, 15_000).map(({ targetMs }) => targetMs))).toBe(20);
      expect(quantile(delays(between(frames, 5100 + forMs, 15_000)), 0.99)).toBeLessThan(26);
      expectEvenTime(frames);
    },
  );

  test("was held for seconds: the newest goes on at once", () => {
    for (const isPullFirst of [true, false]) {
      const { frames, buffer } = heldCall(5005, 4000, isPullFirst);
      expect(buffer.stats().restarts).toBe(0);
      expect(between(frames, 9010, 9100).some(({ concealed }) => !concealed)).toBe(true);
      expect(Math.max(...delays(between(frames, 9005, 15_000)))).toBeLessThan(230);
      expect(frames.at(-1)?.delayMs).toBeLessThan(26);
      expectEvenTime(frames);
    }
  });

  test("is always late: what is lost is made up all the same", () => {
    const { frames, buffer } = call(
      { seconds: 10, network: (_, at) => (at > 3e6 && at < 4e6 ? undefined : 30_000) },
      { lateness: () => 9000 },
    );
    expect(buffer.stats().concealedMs).toBeGreaterThan(900);
    expectEvenTime(frames);
  });
});
