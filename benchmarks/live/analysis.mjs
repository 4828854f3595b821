import { findMarkers } from "./marker.mjs";
import { opusDecoder, PACKET_SAMPLES } from "./packets.mjs";
import { SPEECH_RATE } from "./speech.mjs";

const RTP_PER_MS = 48;
const BASELINE_MS = 5_000;

/** Packets that never came, by their numbers. */
export function lostOf({ sequence }) {
  if (sequence.length === 0) return 0;
  const [first, last] = sequence.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [Infinity, -Infinity]);
  return last - first + 1 - new Set(sequence).size;
}

/** The longest time without a packet, ms. */
export const longestGapMs = ({ arrivalMs }) => arrivalMs.reduce((most, ms, i) => Math.max(most, ms - (arrivalMs[i - 1] ?? ms)), 0);

/**
 * How late each packet came, ms, against the earliest of its five seconds by the time in its own header: what scheduling, queues and garbage
 * collection add to a frame on its way through the server. Waiting that is the same for all packets is not in it.
 */
export function latenessMs({ arrivalMs, timestamp }) {
  const late = arrivalMs.map((ms, i) => ms - timestamp[i] / RTP_PER_MS);
  const spans = new Map();
  for (const [i, ms] of arrivalMs.entries()) {
    const span = Math.floor((ms - arrivalMs[0]) / BASELINE_MS);
    spans.set(span, Math.min(spans.get(span) ?? Infinity, late[i]));
  }
  return late.map((ms, i) => ms - spans.get(Math.floor((arrivalMs[i] - arrivalMs[0]) / BASELINE_MS)));
}

/** The sound that came back, 16 kHz, in the order of its RTP time; what is missing is silence. `arrivalOf` tells when a sample could be heard. */
export function soundOf({ arrivalMs, timestamp, payload }) {
  const order = [...payload.keys()].sort((a, b) => timestamp[a] - timestamp[b]);
  const start = timestamp[order[0]] ?? 0;
  const positions = order.map((i) => Math.round(((timestamp[i] - start) * SPEECH_RATE) / (1000 * RTP_PER_MS)));
  const samples = new Float32Array((positions.at(-1) ?? 0) + PACKET_SAMPLES);
  const decode = opusDecoder();
  for (const [n, i] of order.entries()) samples.set(decode(payload[i]).subarray(0, samples.length - positions[n]), positions[n]);
  return { samples, arrivalOf: (sample) => arrivalAt(sample, positions, (n) => arrivalMs[order[n]]) };
}

/** The packet that holds a sample, by bisection; the sample can be heard its share of the packet after the packet came. */
function arrivalAt(sample, positions, arrivalOfPacket) {
  let [low, high] = [0, positions.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (positions[middle] <= sample) low = middle;
    else high = middle - 1;
  }
  return arrivalOfPacket(low) + ((sample - positions[low]) * 1000) / SPEECH_RATE;
}

/**
 * The delay from a sample sent to the same sample received, ms, once per marker: the network of this machine, the server's wait and work, and the
 * look-ahead of the server's encoder. Markers are a second apart, so delays beyond that show modulo one second.
 */
export function delaysOf(client, packetsPerLoop, markers) {
  const { samples, arrivalOf } = soundOf(client);
  const sent = sentMarkers(client, packetsPerLoop, markers);
  return findMarkers(samples).flatMap((sample) => {
    const heardMs = arrivalOf(sample);
    const at = sent.findLast((ms) => ms <= heardMs);
    return at === undefined ? [] : [{ atMs: heardMs, delayMs: heardMs - at }];
  });
}

/** When each marker left, ms. */
function sentMarkers({ sentMs, firstIndex }, packetsPerLoop, markers) {
  const times = [];
  for (const [n, ms] of sentMs.entries()) {
    const begin = ((firstIndex + n) % packetsPerLoop) * PACKET_SAMPLES;
    for (const marker of markers)
      if (marker >= begin && marker < begin + PACKET_SAMPLES) times.push(ms + ((marker - begin) * 1000) / SPEECH_RATE);
  }
  return times;
}
