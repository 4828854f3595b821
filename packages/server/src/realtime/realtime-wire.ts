/** The events of the OpenAI Realtime API on their WebSocket: JSON, with audio in it as Base64. */
import { errors, type JsonValue } from "@remotemedia/core";
import { fieldsOf, parseJson } from "../foreign/json.ts";
import { bytesOf, type Said, type SocketWire, samplesOf } from "../foreign/socket-wire.ts";
import { realtimeError } from "./realtime-error.ts";

/** The one rate of PCM that the protocol knows, both ways. */
export const realtimeRate = 24_000;

/** @param deltaOf the event of a piece of audio; undefined where the client wants none */
export const realtimeWire = (deltaOf: (base64: string) => JsonValue | undefined): SocketWire => ({
  sampleRate: realtimeRate,
  decode: (data, isBinary) => {
    if (isBinary) throw errors.mediaInvalid({ message: "bytes came", expected: "an event in JSON" });
    const value = parseJson(String(data));
    return saidAudio(value) ?? { value };
  },
  encode: (value) => JSON.stringify(value),
  refusal: (why) => realtimeError({ message: why, code: "invalid_value" }),
  encodeAudio: (samples) => {
    const delta = deltaOf(Buffer.from(bytesOf(samples)).toString("base64"));
    return delta === undefined ? undefined : JSON.stringify(delta);
  },
});

/** A client in charge of its own turns commits what it has said: silence lets the pipeline's detector see the end of it. */
const silenceMs = 1_000;

function saidAudio(value: JsonValue): Said | undefined {
  const { type, audio } = fieldsOf(value);
  const format = { sampleRate: realtimeRate, numberOfChannels: 1 };
  if (type === "input_audio_buffer.commit") return { audio: { samples: new Int16Array((realtimeRate * silenceMs) / 1000), ...format } };
  if (type !== "input_audio_buffer.append" || typeof audio !== "string") return undefined;
  return { audio: { samples: samplesOf(Buffer.from(audio, "base64")), ...format } };
}
