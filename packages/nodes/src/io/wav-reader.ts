import { type AudioFormat, errors, maxChannels, maxSampleRate, type RemoteMediaError } from "@remotemedia/core";
import { bytesPerSample, type PcmEncoding, sampleFormatOf } from "./pcm.ts";

/** What the header of a WAV file says, as far as the file bears it out. */
export interface WavHeader {
  readonly encoding: PcmEncoding;
  /** Hz. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  /** Where the samples begin. */
  readonly dataOffset: number;
  /** Samples per channel that are there. */
  readonly numberOfFrames: number;
  /** What the header says and the file does not hold. */
  readonly warnings: readonly string[];
}

/** Random access to the bytes of a file; `read` gives fewer bytes only at its end. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  readonly byteLength: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The format of the frames that a file is read into. */
export const wavAudioFormat = ({ encoding, sampleRate, numberOfChannels }: WavHeader): AudioFormat => ({
  kind: "audio",
  format: sampleFormatOf(encoding, numberOfChannels),
  sampleRate,
  numberOfChannels,
});

// A file of empty chunks would be walked through eight bytes at a time.
const mostChunks = 1_000;
const unknownSize = 0xffffffff;

/**
 * Reads the header of a WAV file: RIFF, and RF64 or BW64 (EBU Tech 3306) for more than 4 GiB.
 *
 * @throws `media-invalid` for everything that is no PCM in a WAV file.
 */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const { is64Bit } = await readMagic(source);
  let format: WavFormat | undefined;
  let longDataSize: number | undefined;
  let offset = 12;
  for (let chunks = 0; offset + 8 <= source.byteLength && chunks < mostChunks; chunks++) {
    const head = viewOf(await source.read(offset, 8));
    if (head.byteLength < 8) break;
    const id = fourCharacters(head, 0);
    const size = head.getUint32(4, true);
    offset += 8;
    if (id === "fmt ") format = readFormat(source, viewOf(await source.read(offset, Math.min(size, 40))));
    if (id === "ds64" && is64Bit) longDataSize = readLongDataSize(viewOf(await source.read(offset, Math.min(size, 28))));
    if (id === "data") return headerOf(source, format, offset, size === unknownSize && longDataSize !== undefined ? longDataSize : size);
    // Chunks are padded to an even length.
    offset += size + (size % 2);
  }
  throw invalid(source, "has no data chunk", "a `fmt ` chunk and a `data` chunk", format === undefined ? "neither" : "`fmt ` only");
}

async function readMagic(source: ByteSource): Promise<{ readonly is64Bit: boolean }> {
  if (source.byteLength === 0) throw invalid(source, "is empty", "a WAV file", "0 bytes", "Check how it was made.");
  const head = await source.read(0, 12);
  const magic = head.length < 12 ? "" : fourCharacters(viewOf(head), 0);
  if (["RIFF", "RF64", "BW64"].includes(magic) && fourCharacters(viewOf(head), 8) === "WAVE") return { is64Bit: magic !== "RIFF" };
  const start = [...head.subarray(0, 4)].map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
  throw invalid(source, "is no WAV file", "RIFF … WAVE", `a file that starts with "${start}"`, advice(source));
}

interface WavFormat {
  readonly tag: number;
  readonly numberOfChannels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly bits: number;
}

const extensible = 0xfffe;

function readFormat(source: ByteSource, view: DataView): WavFormat {
  if (view.byteLength < 16) throw invalid(source, "has a damaged header", "a `fmt ` chunk of 16 bytes or more", `${view.byteLength} bytes`);
  const tag = view.getUint16(0, true);
  // The first two bytes of the GUID of an extensible format are the tag of the plain one.
  const plainTag = tag === extensible && view.byteLength >= 26 ? view.getUint16(24, true) : tag;
  const numberOfChannels = view.getUint16(2, true);
  return {
    tag: plainTag,
    numberOfChannels,
    sampleRate: view.getUint32(4, true),
    blockAlign: view.getUint16(12, true),
    bits: view.getUint16(14, true),
  };
}

function readLongDataSize(view: DataView): number | undefined {
  if (view.byteLength < 16) return undefined;
  return view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
}

function headerOf(source: ByteSource, format: WavFormat | undefined, dataOffset: number, dataSize: number): WavHeader {
  if (format === undefined) throw invalid(source, "has no `fmt ` chunk before its data", "a `fmt ` chunk", "none");
  const encoding = encodingOf(source, format);
  const { numberOfChannels, sampleRate, blockAlign } = format;
  const isSound = numberOfChannels >= 1 && numberOfChannels <= maxChannels && sampleRate >= 1 && sampleRate <= maxSampleRate;
  if (!isSound) {
    throw invalid(
      source,
      "has a damaged header",
      `1 to ${maxChannels} channels, 1 to ${maxSampleRate} Hz`,
      `${numberOfChannels} channels, ${sampleRate} Hz`,
    );
  }
  const frameBytes = numberOfChannels * bytesPerSample[encoding];
  if (blockAlign !== frameBytes) {
    throw invalid(
      source,
      "has a damaged header",
      `${frameBytes} bytes per sample of all channels (${numberOfChannels} × ${encoding})`,
      `${blockAlign} bytes`,
    );
  }
  const warnings: string[] = [];
  const available = source.byteLength - dataOffset;
  // What writes to a pipe, or was killed, leaves a size of 0 or 0xFFFFFFFF.
  const isLying = dataSize > available || (dataSize === 0 && available > 0);
  if (isLying) warnings.push(`the header says ${dataSize} bytes of samples, the file holds ${available}: reading to its end`);
  const bytes = isLying ? available : dataSize;
  if (bytes % frameBytes !== 0) warnings.push(`the last sample is cut off: ${bytes % frameBytes} bytes dropped`);
  return { encoding, sampleRate, numberOfChannels, dataOffset, numberOfFrames: Math.floor(bytes / frameBytes), warnings };
}

const integers: Readonly<Record<number, PcmEncoding>> = { 8: "u8", 16: "s16", 24: "s24", 32: "s32" };
const floats: Readonly<Record<number, PcmEncoding>> = { 32: "f32", 64: "f64" };
const compressed: Readonly<Record<number, string>> = {
  2: "ADPCM",
  6: "A-law",
  7: "µ-law",
  0x11: "IMA ADPCM",
  0x31: "GSM",
  0x50: "MPEG",
  0x55: "MP3",
  0xff: "AAC",
};

function encodingOf(source: ByteSource, { tag, bits }: WavFormat): PcmEncoding {
  // 12 or 20 bits lie in the upper bits of whole bytes.
  const encoding = tag === 1 ? integers[Math.ceil(bits / 8) * 8] : tag === 3 ? floats[bits] : undefined;
  if (encoding !== undefined) return encoding;
  const name = compressed[tag] ?? (tag === 1 ? `${bits}-bit integers` : tag === 3 ? `${bits}-bit floats` : `format 0x${tag.toString(16)}`);
  throw invalid(source, "is in a format that is not read", "PCM of 8, 16, 24 or 32 bit, or floats of 32 or 64 bit", name, advice(source));
}

const advice = ({ name }: ByteSource) => `Convert it: ffmpeg -i ${name} -c:a pcm_s16le out.wav`;

const invalid = ({ name }: ByteSource, what: string, expected: string, received: string, fix?: string): RemoteMediaError =>
  errors.mediaInvalid({ message: `${name} ${what}`, expected, received, fix });

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const fourCharacters = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
