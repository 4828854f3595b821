/** What every Opus library must do behind the interface. */
import { describe, expect, test } from "vitest";
import {
  type AudioDecoder,
  type AudioEncoder,
  loadOpus,
  type OpusCodec,
  type OpusEncoderOptions,
  type OpusSampleRate,
} from "../src/index.ts";
import { level, likeness, random, tone, voice } from "./sounds.ts";

const rates: readonly OpusSampleRate[] = [8000, 12000, 16000, 24000, 48000];

/** Encodes planes frame by frame. */
function encodeAll(encoder: AudioEncoder, planes: readonly Float32Array[]): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + encoder.frameSize <= planes[0]!.length; at += encoder.frameSize) packets.push(encoder.encode(planes, at));
  return packets;
}

/** Decodes to one plane; `lost` packets are concealed. */
function decodeAll(decoder: AudioDecoder, packets: readonly Uint8Array[], channel = 0, lost = (_: number) => false): Float32Array {
  const parts = packets.map((packet, i) => (lost(i) ? decoder.conceal() : decoder.decode(packet))[channel]!.slice());
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const bytes = (packets: readonly Uint8Array[]): number => packets.reduce((sum, packet) => sum + packet.length, 0);
const second = (rate: number): Float32Array[] => [voice(rate, rate)];

/** Runs the suite over one library. */
export function opusSuite(preference: "native" | "wasm", implementation: OpusCodec["implementation"]): void {
  describe(`Opus by ${implementation}`, async () => {
    const opus = await loadOpus(preference);
    const encode = (planes: readonly Float32Array[], options: Partial<OpusEncoderOptions> = {}): Uint8Array[] => {
      const encoder = opus.createEncoder({ numberOfChannels: 1, ...options });
      const packets = encodeAll(encoder, planes);
      encoder.close();
      return packets;
    };

    test("says which library it is", () => expect(opus.implementation).toBe(implementation));

    test.each(rates)("gives back at %i Hz what it was given, within the codec's delay", (sampleRate) => {
      const original = tone(sampleRate, sampleRate, 440);
      const decoder = opus.createDecoder({ sampleRate, numberOfChannels: 1 });
      const copy = decodeAll(decoder, encode([original], { sampleRate, bitrate: 64_000 }));
      const { snr, delay } = likeness(original, copy, sampleRate / 50);
      expect(copy.length).toBe(original.length);
      expect(snr).toBeGreaterThan(20);
      expect(delay / sampleRate).toBeLessThan(0.012);
      decoder.close();
    });

    test("keeps the two sides of stereo apart", () => {
      const planes = [tone(48_000, 48_000, 440), tone(48_000, 48_000, 1500, 0.2)];
      const packets = encode(planes, { numberOfChannels: 2, bitrate: 128_000 });
      for (const channel of [0, 1]) {
        const copy = decodeAll(opus.createDecoder({ numberOfChannels: 2 }), packets, channel);
        expect(likeness(planes[channel]!, copy, 960).snr).toBeGreaterThan(15);
      }
    });

    test("decodes at another rate and number of channels than was encoded", () => {
      const packets = encode(second(48_000));
      const planes = opus.createDecoder({ sampleRate: 16_000, numberOfChannels: 2 }).decode(packets[10]!);
      expect(planes.map((plane) => plane.length)).toEqual([320, 320]);
    });

    test("samples beyond full scale are clamped and NaN is silence", () => {
      const planes = [tone(48_000, 48_000, 440, 3)];
      planes[0]![100] = Number.NaN;
      planes[0]![101] = Number.POSITIVE_INFINITY;
      const copy = decodeAll(opus.createDecoder({ numberOfChannels: 1 }), encode(planes, { bitrate: 128_000 }));
      expect(Math.max(...copy)).toBeLessThanOrEqual(1);
      expect(level(copy)).toBeGreaterThan(0.7);
    });

    test("the bitrate is kept, also when it is changed on the way", () => {
      const encoder = opus.createEncoder({ numberOfChannels: 1, bitrate: 24_000 });
      const rateOf = () => bytes(encodeAll(encoder, second(48_000))) * 8;
      expect(rateOf()).toBeLessThan(30_000);
      encoder.setBitrate(96_000);
      expect(rateOf()).toBeGreaterThan(70_000);
      encoder.setBitrate(0);
      expect(rateOf()).toBeLessThan(15_000);
    });

    test("expected loss turns error correction on, unless it was refused", () => {
      const plain = encode(second(48_000));
      const lossy = encode(second(48_000), { expectedLossPercent: 15 });
      const refused = encode(second(48_000), { expectedLossPercent: 15, fec: false });
      const isSpeechModel = (packet: Uint8Array) => packet[0]! >> 3 < 16;
      expect(plain.some(isSpeechModel)).toBe(false);
      expect(lossy.every(isSpeechModel)).toBe(true);
      expect(refused.some(isSpeechModel)).toBe(false);
      const voip = { application: "voip", bitrate: 24_000, sampleRate: 16_000 } as const;
      const without = encode(second(16_000), { ...voip, fec: false, expectedLossPercent: 15 });
      expect(encode(second(16_000), { ...voip, expectedLossPercent: 15 })).not.toEqual(without);
    });

    test("with DTX, silence is a packet of at most two bytes but for one each 400 ms", () => {
      const packets = encode([new Float32Array(2 * 48_000)], { dtx: true });
      const real = packets.map((packet, i) => (packet.length > 2 ? i : -1)).filter((i) => i >= 15);
      expect(real.length).toBeGreaterThanOrEqual(3);
      expect(new Set(real.slice(1).map((at, i) => at - real[i]!))).toEqual(new Set([21]));
      expect(encode([new Float32Array(48_000)]).every((packet) => packet.length > 2)).toBe(true);
    });

    test.each([0, 15])("conceals what is lost: no silence, no clicks (expected loss %i)", (expectedLossPercent) => {
      const packets = encode([tone(48_000, 48_000, 300)], { expectedLossPercent });
      const lost = (i: number) => i % 10 === 5;
      const whole = decodeAll(opus.createDecoder({ numberOfChannels: 1 }), packets);
      const concealed = decodeAll(opus.createDecoder({ numberOfChannels: 1 }), packets, 0, lost);
      const steepest = (samples: Float32Array) =>
        samples.reduce((most, value, i) => Math.max(most, Math.abs(value - (samples[i - 1] ?? 0))), 0);
      for (let i = 15; i < 50; i += 10) expect(level(concealed.subarray(i * 960, i * 960 + 960))).toBeGreaterThan(0.1);
      expect(steepest(concealed)).toBeLessThan(3 * steepest(whole));
    });

    test("concealment fades when repeated, and is silence before the first packet", () => {
      const decoder = opus.createDecoder({ numberOfChannels: 1 });
      expect(decoder.conceal()[0]).toEqual(new Float32Array(960));
      for (const packet of encode([tone(24_000, 48_000, 300)])) decoder.decode(packet);
      const levels = Array.from({ length: 50 }, () => level(decoder.conceal()[0]!));
      expect(levels[0]).toBeGreaterThan(0.2);
      expect(levels[49]).toBeLessThan(0.1 * levels[0]!);
    });

    test("decodes packets of 60 and 120 ms, and conceals them by 20", () => {
      const [first] = encode([tone(48_000, 48_000, 300)], { bitrate: 16_000, sampleRate: 48_000 });
      const frame = first!.subarray(1);
      for (const frames of [3, 6]) {
        const packet = Uint8Array.of(first![0]! | 3, frames, ...Array.from({ length: frames }, () => [...frame]).flat());
        const decoder = opus.createDecoder({ numberOfChannels: 1 });
        expect(decoder.decode(packet)[0]!.length).toBe(960 * frames);
        expect(decoder.conceal()[0]!.length).toBe(960);
      }
    });

    test("bytes that are no packet fail with media-invalid, and the decoder goes on", () => {
      const decoder = opus.createDecoder({ numberOfChannels: 1 });
      const packets = encode(second(48_000));
      decoder.decode(packets[0]!);
      for (const bad of [new Uint8Array(0), new Uint8Array(10_000), Uint8Array.of(0xff, 0xff, 1), Uint8Array.of(3)])
        expect(() => decoder.decode(bad)).toThrow(expect.objectContaining({ code: "media-invalid" }));
      expect(decoder.decode(packets[1]!)[0]!.length).toBe(960);
    });

    test("random and damaged bytes never do harm", () => {
      const next = random(11);
      const byte = () => Math.floor((next() + 1) * 128) & 255;
      const packets = encode(second(48_000), { expectedLossPercent: 15 });
      const decoder = opus.createDecoder({ numberOfChannels: 2, sampleRate: 24_000 });
      let invalid = 0;
      for (let round = 0; round < 3000; round++) {
        const payload =
          round % 2 === 0 ? Uint8Array.from({ length: byte() * (round % 20 === 0 ? 30 : 1) }, byte) : packets[round % 50]!.slice();
        if (round % 2 === 1) payload[byte() % payload.length] = byte();
        try {
          const planes = decoder.decode(payload);
          expect(planes.length).toBe(2);
        } catch (error) {
          expect(error).toMatchObject({ code: "media-invalid" });
          invalid++;
        }
        if (round % 7 === 0) decoder.conceal();
      }
      expect(invalid).toBeGreaterThan(100);
      expect(
        likeness(
          tone(48_000, 48_000, 440),
          decodeAll(opus.createDecoder({ numberOfChannels: 1 }), encode([tone(48_000, 48_000, 440)])),
          960,
        ).snr,
      ).toBeGreaterThan(15);
    });

    test("wrong use is told", () => {
      const usage = expect.objectContaining({ code: "usage" });
      expect(() => opus.createEncoder({ numberOfChannels: 3 as never })).toThrow(usage);
      expect(() => opus.createDecoder({ numberOfChannels: 1, sampleRate: 44_100 as never })).toThrow(usage);
      const encoder = opus.createEncoder({ numberOfChannels: 2 });
      expect(() => encoder.encode([new Float32Array(960)])).toThrow(usage);
      expect(() => encoder.encode([new Float32Array(960), new Float32Array(959)])).toThrow(usage);
    });

    test("closing twice is closing once, and nothing works after it", () => {
      const usage = expect.objectContaining({ code: "usage" });
      const encoder = opus.createEncoder({ numberOfChannels: 1 });
      const decoder = opus.createDecoder({ numberOfChannels: 1 });
      for (const codec of [encoder, decoder, encoder, decoder]) codec.close();
      expect(() => encoder.encode([new Float32Array(960)])).toThrow(usage);
      expect(() => encoder.setBitrate(1)).toThrow(usage);
      expect(() => decoder.decode(Uint8Array.of(0xf8))).toThrow(usage);
      expect(() => decoder.conceal()).toThrow(usage);
    });

    test("three hundred codecs at once do not disturb each other", () => {
      const planes = [tone(9600, 48_000, 440)];
      const expected = encode(planes);
      const encoders = Array.from({ length: 300 }, () => opus.createEncoder({ numberOfChannels: 1 }));
      const decoders = encoders.map(() => opus.createDecoder({ numberOfChannels: 1 }));
      const packets = encoders.map((): Uint8Array[] => []);
      for (let at = 0; at < 9600; at += 960) for (const [i, encoder] of encoders.entries()) packets[i]!.push(encoder.encode(planes, at));
      const digest = (lists: readonly Uint8Array[]) => Buffer.concat(lists).toString("hex");
      expect(new Set(packets.map(digest))).toEqual(new Set([digest(expected)]));
      const copy = decodeAll(decoders[0]!, expected);
      for (const decoder of decoders.slice(1))
        expect(Buffer.compare(new Uint8Array(decodeAll(decoder, expected).buffer), new Uint8Array(copy.buffer))).toBe(0);
      for (const codec of [...encoders, ...decoders]) codec.close();
    });

    test("memory stays flat over many frames and many codecs", () => {
      const planes = [voice(960, 48_000)];
      const work = () => {
        for (let i = 0; i < 20; i++) {
          const encoder = opus.createEncoder({ numberOfChannels: 1 });
          const decoder = opus.createDecoder({ numberOfChannels: 1 });
          for (let frame = 0; frame < 20; frame++) decoder.decode(encoder.encode(planes));
          encoder.close();
          decoder.close();
        }
      };
      for (let i = 0; i < 5; i++) work();
      const before = process.memoryUsage.rss();
      for (let i = 0; i < 10; i++) work();
      expect(process.memoryUsage.rss() - before).toBeLessThan(40e6);
    });
  });
}
