/** The frames of Pipecat's WebSocket transport: protobuf, `oneof { text = 1, audio = 2, transcription = 3, message = 4 }`. */
import { errors, type JsonValue } from "@remotemedia/core";
import { WireReader, WireWriter } from "@remotemedia/protocol";
import { parseJson } from "../foreign/json.ts";
import { bytesOf, type Said, type SaidAudio, type SocketWire, samplesOf } from "../foreign/socket-wire.ts";
import { rtviMessage } from "./rtvi-message.ts";

/** The player of these clients runs at this rate, whatever a frame says. */
const playedRate = 24_000;
const fields = { audio: 2, message: 4 } as const;
const audioFields = { samples: 3, sampleRate: 4, channels: 5 } as const;
const lengthDelimited = 2;
const most = 2 ** 32 - 1;

/** The wire of RTVI over WebSocket. */
export const rtviWire: SocketWire = {
  sampleRate: playedRate,
  decode: (data, isBinary) => (isBinary ? decodeFrame(data) : { value: parseJson(String(data)) }),
  encode: (value) =>
    wrapped(fields.message, (inner) => {
      inner.string(JSON.stringify(value));
      inner.unsigned((1 << 3) | lengthDelimited, most);
    }),
  refusal: (why) => rtviMessage("error", { error: why, message: why, fatal: false }),
  encodeAudio: (samples) =>
    wrapped(fields.audio, (inner) => {
      inner.unsigned(1, most);
      inner.unsigned(audioFields.channels << 3, most);
      inner.unsigned(playedRate, most);
      inner.unsigned(audioFields.sampleRate << 3, most);
      inner.bytes(bytesOf(samples));
      inner.unsigned((audioFields.samples << 3) | lengthDelimited, most);
    }),
};

/** A writer writes from the end to the start: what is inside first. */
function wrapped(field: number, write: (inner: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(1_024);
  write(writer);
  writer.unsigned(writer.length, most);
  writer.unsigned((field << 3) | lengthDelimited, most);
  return writer.written;
}

function decodeFrame(data: Uint8Array): Said {
  let said: Said | undefined;
  eachField(data, (field, reader) => {
    if (field === fields.audio) said = { audio: decodeAudio(reader.bytes()) };
    else if (field === fields.message) said = { value: decodeMessage(reader.bytes()) };
    else return false;
    return true;
  });
  if (said === undefined) throw errors.mediaInvalid({ message: "the frame cannot be read", expected: "audio or a message" });
  return said;
}

function decodeAudio(bytes: Uint8Array): SaidAudio {
  let samples = new Uint8Array(0) as Uint8Array;
  let [sampleRate, numberOfChannels] = [0, 1];
  eachField(bytes, (field, reader) => {
    if (field === audioFields.samples) samples = reader.bytes();
    else if (field === audioFields.sampleRate) sampleRate = reader.unsigned(most);
    else if (field === audioFields.channels) numberOfChannels = reader.unsigned(most);
    else return false;
    return true;
  });
  return { samples: samplesOf(samples), sampleRate, numberOfChannels };
}

function decodeMessage(bytes: Uint8Array): JsonValue {
  let text = "";
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    text = reader.string();
    return true;
  });
  return parseJson(text);
}

/** @param read false for a field that it does not know */
function eachField(bytes: Uint8Array, read: (field: number, reader: WireReader) => boolean): void {
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const key = reader.unsigned(most);
    if (!read(key >>> 3, reader)) reader.skip(key & 7);
  }
}
