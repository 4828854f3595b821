/**
 * `opusscript`: libopus 1.4 as WebAssembly. Its module is used without its wrapper, which addresses 16-bit memory by byte pointers: from about the
 * hundredth codec on that lies outside of the memory, and before that in memory of other codecs. All codecs share one module.
 */
/// <reference path="./opus-modules.d.ts" />
import createModule, { type OpusscriptHandler, type OpusscriptModule } from "opusscript/build/opusscript_native_wasm.js";
import { type LibraryDecoder, type LibraryEncoder, largestPacketBytes, longestPacketSamples, type OpusLibrary } from "./opus-library.ts";

let shared: OpusscriptModule | undefined;

/** @internal */
export function loadOpusscript(): OpusLibrary {
  const module = (shared ??= createModule());
  return {
    implementation: "opusscript",
    encoder: (sampleRate, numberOfChannels, application) => encoder(module, sampleRate, numberOfChannels, applications[application]),
    decoder: (sampleRate, numberOfChannels) => decoder(module, sampleRate, numberOfChannels),
  };
}

const applications = { voip: 2048, audio: 2049, lowdelay: 2051 } as const;

// Samples of the longest input, 20 ms of 48 kHz stereo, and room for the largest packet that libopus recommends.
const inputBytes = 960 * 2 * 2;
const outputBytes = 4000;

function encoder(module: OpusscriptModule, sampleRate: number, numberOfChannels: number, application: number): LibraryEncoder {
  const handler = new module.OpusScriptHandler(sampleRate, numberOfChannels, application);
  const input = module._malloc(inputBytes);
  const output = module._malloc(outputBytes);
  let frames = 0;
  return {
    input(frameSize) {
      frames = frameSize;
      return module.HEAP16.subarray(input / 2, input / 2 + frameSize * numberOfChannels);
    },
    // 0 bytes to convert: the samples lie there as libopus wants them.
    encode() {
      const length = checked(handler._encode(input, 0, output, frames));
      return module.HEAPU8.slice(output, output + length);
    },
    control: (request, value) => void checked(handler._encoder_ctl(request, value)),
    close: () => free(module, handler, input, output),
  };
}

function decoder(module: OpusscriptModule, sampleRate: number, numberOfChannels: number): LibraryDecoder {
  const handler = new module.OpusScriptHandler(sampleRate, numberOfChannels, applications.audio);
  const input = module._malloc(largestPacketBytes);
  const output = module._malloc(longestPacketSamples * numberOfChannels * 4);
  return {
    decode(payload) {
      module.HEAPU8.set(payload, input);
      const count = checked(handler._decode(input, payload.length, output)) * numberOfChannels;
      const samples = module.HEAP16.subarray(output / 2, output / 2 + count * 2);
      // It gives every sample as two elements, the low and the high byte.
      for (let i = 0; i < count; i++) samples[i] = (samples[2 * i + 1]! << 8) | samples[2 * i]!;
      return samples.subarray(0, count);
    },
    close: () => free(module, handler, input, output),
  };
}

function free(module: OpusscriptModule, handler: OpusscriptHandler, ...pointers: number[]): void {
  module.OpusScriptHandler.destroy_handler(handler);
  for (const pointer of pointers) module._free(pointer);
}

/** What libopus returned: a count, or a negative error code (opus_defines.h). */
function checked(result: number): number {
  if (result < 0) throw new Error(`libopus error ${result}`);
  return result;
}
