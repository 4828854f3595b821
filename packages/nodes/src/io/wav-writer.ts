import { bytesPerSample, type WrittenEncoding } from "./pcm.ts";

/** Bytes of {@link wavHeader}. */
export const wavHeaderBytes = 44;

/** The most bytes of samples that the header of a WAV file can tell. */
export const mostWavBytes = 0xffffffff - wavHeaderBytes;

/** What a WAV file holds. */
export interface WavLayout {
  readonly encoding: WrittenEncoding;
  /** Hz. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
}

/**
 * The header of a WAV file: the plain one of 44 bytes, which every reader understands, for all encodings.
 *
 * @param dataBytes bytes of samples that follow it
 */
export function wavHeader({ encoding, sampleRate, numberOfChannels }: WavLayout, dataBytes: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(wavHeaderBytes));
  const frameBytes = numberOfChannels * bytesPerSample[encoding];
  write(header, 0, "RIFF");
  // Data of an odd length are followed by a byte of padding that their own size does not count.
  header.setUint32(4, wavHeaderBytes - 8 + dataBytes + (dataBytes % 2), true);
  write(header, 8, "WAVE");
  write(header, 12, "fmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, encoding === "f32" ? 3 : 1, true);
  header.setUint16(22, numberOfChannels, true);
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, sampleRate * frameBytes, true);
  header.setUint16(32, frameBytes, true);
  header.setUint16(34, 8 * bytesPerSample[encoding], true);
  write(header, 36, "data");
  header.setUint32(40, dataBytes, true);
  return new Uint8Array(header.buffer);
}

function write(header: DataView, at: number, characters: string): void {
  for (let i = 0; i < characters.length; i++) header.setUint8(at + i, characters.charCodeAt(i));
}
