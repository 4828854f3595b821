import { Decoder, Encoder } from "@evan/opus";
import { addMarkers, findMarkers, MARKER_PERIOD } from "./marker.mjs";
import { readSpeech, SPEECH_RATE } from "./speech.mjs";

/** Samples of a packet at 16 kHz: 20 ms. */
export const PACKET_SAMPLES = SPEECH_RATE / 50;
const BITRATE = 32_000;

/** Speech with markers as Opus packets of 20 ms, encoded once; the loop is whole seconds, so that markers stay a second apart. */
export function encodePackets() {
  const speech = readSpeech();
  const seconds = Math.floor(speech.length / MARKER_PERIOD);
  const samples = addMarkers(speech.subarray(0, seconds * MARKER_PERIOD));
  const encoder = new Encoder({ channels: 1, sample_rate: SPEECH_RATE, application: "voip" });
  encoder.bitrate = BITRATE;
  return Array.from({ length: samples.length / PACKET_SAMPLES }, (_, index) =>
    Buffer.from(encoder.encode(toS16(samples.subarray(index * PACKET_SAMPLES, (index + 1) * PACKET_SAMPLES)))),
  );
}

/** Where the markers lie in a loop as a decoder hears them: what the sender's codec delays is not the server's. */
export function markersOf(packets) {
  const decode = opusDecoder();
  const samples = new Float32Array(packets.length * PACKET_SAMPLES);
  for (const [index, packet] of packets.entries()) samples.set(decode(packet), index * PACKET_SAMPLES);
  return findMarkers(samples);
}

/** A decoder to mono f32 at 16 kHz; what cannot be decoded is silence. */
export function opusDecoder() {
  const decoder = new Decoder({ channels: 1, sample_rate: SPEECH_RATE });
  return (packet) => {
    try {
      const bytes = decoder.decode(packet);
      const s16 = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      return Float32Array.from(s16, (sample) => sample / 32_768);
    } catch {
      return new Float32Array(PACKET_SAMPLES);
    }
  };
}

const toS16 = (samples) => Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(32_768 * sample))));
