import { type AudioFrame, errorFrom, errors, type Frame, type Host, type LinkStats, type RemoteMediaError } from "@remotemedia/core";
import { chunk, remix, resample } from "@remotemedia/nodes";
import { fileSink, fileSource } from "@remotemedia/nodes/nodejs";
import type { WebRtcClient } from "@remotemedia/transport-webrtc";
import { Pipeline } from "../pipeline.ts";
import { chirp, findChirp } from "./chirp.ts";
import { type LiveEar, liveRate } from "./live-ear.ts";
import { LiveMouth } from "./live-mouth.ts";

/** What is said and heard. */
export interface LiveCall {
  readonly client: WebRtcClient;
  readonly ear: LiveEar;
  readonly host: Host;
  /** Ends it early; what was recorded stays. */
  readonly signal: AbortSignal;
  readonly file: AsyncIterable<AudioFrame> | undefined;
  /** Path of the recording. */
  readonly output: string | undefined;
  readonly chirps: boolean;
  /** How long is listened on, ms. */
  readonly tailMs: number;
}

/** What came of it. */
export interface Outcome {
  /** From handing a sample over to getting it back; undefined if the chirp did not come back. */
  delayMs: number | undefined;
  sentMs: number;
  /** What came back at all, and how much of it was recorded, holes included. */
  heardMs: number;
  recordedMs: number;
  /** At the end, before it was closed. */
  stats: LinkStats;
  error: RemoteMediaError | undefined;
}

// The jitter buffers at both ends find their delay meanwhile.
const settlingMs = 1_000;
const longestDelayMs = 5_000;
const searchEveryMs = 200;

/** Sends and records, then closes the client. Errors are told in the outcome, so that what was measured is not lost. */
export async function talk(call: LiveCall): Promise<Outcome> {
  const { client, ear, host, output } = call;
  const done = new AbortController();
  const mouth = new LiveMouth(client.link, host.clock, AbortSignal.any([call.signal, done.signal]));
  const recording = output === undefined ? undefined : new Pipeline("recording", host).add(fileSink({ path: output })).run(ear);
  const outcome: Outcome = { delayMs: undefined, sentMs: 0, heardMs: 0, recordedMs: 0, stats: client.link.stats(), error: undefined };
  try {
    // The recording ends before it is closed only by an error, the link also when the server has had enough.
    await Promise.race([speak(call, mouth, outcome), recording, client.link.done.then(endedEarly)].filter((part) => part !== undefined));
    if (client.link.state === "lost") throw lostAtTheEnd();
    if (ear.heard === 0 && output !== undefined && !call.signal.aborted) throw noAudio();
  } catch (thrown) {
    outcome.error = errorFrom(thrown, "transport-failed");
  }
  done.abort();
  ear.close();
  await recording?.catch((thrown: unknown) => (outcome.error ??= errorFrom(thrown, "io-failed")));
  const [sentMs, heardMs, recordedMs] = [mouth.sent, ear.heard, ear.recorded].map((samples) => (samples * 1_000) / liveRate) as [
    ...[number, number, number],
  ];
  Object.assign(outcome, { sentMs, heardMs, recordedMs, stats: client.link.stats() });
  await client.close();
  return outcome;
}

/** The samples of a WAV file as a live connection takes them. The first are read at once, so that a file that is none is told early. */
export async function fileToSend(path: string, host: Host): Promise<AsyncIterable<AudioFrame>> {
  const frames = new Pipeline("sent", host)
    .add(fileSource({ path }))
    .add(remix({ channels: 1 }))
    .add(resample({ sampleRate: liveRate }))
    .add(chunk({ frameMs: 500 }))
    .stream();
  const first = await frames.next();
  async function* all(): AsyncGenerator<AudioFrame> {
    for (let next = first; next.done !== true; next = await frames.next()) yield next.value as Frame & AudioFrame;
  }
  return all();
}

async function speak({ ear, host, file, chirps, tailMs }: LiveCall, mouth: LiveMouth, outcome: Outcome): Promise<void> {
  await mouth.wait(settlingMs);
  if (chirps) outcome.delayMs = await delayOf(mouth, ear, host);
  ear.forget();
  ear.record();
  for await (const frame of file ?? []) await mouth.say(frame.data as Float32Array);
  await mouth.wait(tailMs + (outcome.delayMs ?? 0));
}

/** Sends a chirp and waits for it. */
async function delayOf(mouth: LiveMouth, ear: LiveEar, host: Host): Promise<number | undefined> {
  const { wasm, js } = await host.kernels();
  const sound = chirp(liveRate, (wasm ?? js).sin);
  ear.listen();
  const saidUs = await mouth.say(sound);
  let heardUs: number | undefined;
  for (let waited = 0; waited < longestDelayMs && heardUs === undefined; waited += searchEveryMs) {
    await mouth.wait(searchEveryMs);
    heardUs = ear.arrivalOf((samples) => findChirp(samples, sound, liveRate), 2 * sound.length);
  }
  return heardUs === undefined ? undefined : (heardUs - saidUs) / 1_000;
}

function endedEarly(): never {
  throw errors.transportFailed({ message: "the server ended the session early", fix: "Look at its log." });
}

const lostAtTheEnd = () =>
  errors.transportFailed({
    message: "the connection was lost, and had not come back when all was sent",
    fix: "Check that the server runs.",
  });

const noAudio = () =>
  errors.mediaInvalid({
    message: "no audio came back",
    fix: "Give an answer more time (--tail 10s), check that the pipeline gives audio (remotemedia explain), or leave -o out where it gives text.",
  });
