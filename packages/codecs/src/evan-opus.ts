/**
 * `@evan/opus`: libopus as a native add-on, prebuilt for Linux, macOS and Windows. Its own entry falls back to WebAssembly without a word, so
 * the add-on is loaded by its path: what is called native is native. It frees its memory when the collector comes by.
 */
/// <reference path="./opus-modules.d.ts" />
import evan from "@evan/opus/node/index.js";
import type { LibraryDecoder, LibraryEncoder, OpusApplication, OpusLibrary, OpusSampleRate } from "./opus-library.ts";

/** @internal */
export function loadEvanOpus(): OpusLibrary {
  return { implementation: "evan-opus", encoder, decoder };
}

const applications = { voip: "voip", audio: "audio", lowdelay: "restricted_lowdelay" } as const;

function encoder(sampleRate: OpusSampleRate, numberOfChannels: number, application: OpusApplication): LibraryEncoder {
  const native = new evan.Encoder({ sample_rate: sampleRate, channels: numberOfChannels, application: applications[application] });
  let samples = new Int16Array(0);
  return {
    input(frameSize) {
      const count = frameSize * numberOfChannels;
      return samples.length === count ? samples : (samples = new Int16Array(count));
    },
    encode: () => native.encode(samples),
    control: (request, value) => void native.ctl(request, value),
    close() {},
  };
}

function decoder(sampleRate: OpusSampleRate, numberOfChannels: number): LibraryDecoder {
  const native = new evan.Decoder({ sample_rate: sampleRate, channels: numberOfChannels });
  return {
    decode(payload) {
      const bytes = native.decode(payload);
      return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    },
    close() {},
  };
}
