import { Encoder } from "@evan/opus";
import { encodePackets, opusDecoder, PACKET_SAMPLES } from "./packets.mjs";
import { SPEECH_RATE } from "./speech.mjs";

/** The loop of packets with silence where one is lost, decoded, encoded as servers here do, and decoded: what a server without concealment would send. */
export function holesInstead(loss) {
  const [decode, again] = [opusDecoder(), opusDecoder()];
  const encoder = new Encoder({ channels: 1, sample_rate: SPEECH_RATE, application: "audio" });
  encoder.bitrate = 32_000;
  encoder.complexity = 5;
  let state = 1;
  const isLost = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 < loss;
  const parts = encodePackets().map((packet) => {
    const samples = isLost() ? new Float32Array(PACKET_SAMPLES) : decode(packet);
    return again(Buffer.from(encoder.encode(Int16Array.from(samples, (sample) => sample * 32_767))));
  });
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
