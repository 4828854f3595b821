/** The header of an RTP packet (RFC 3550, section 5.1). */

const fixedBytes = 12;
const wordBytes = 4;

/** What a received packet says of itself. Its padding is encrypted, and so not known yet. */
export interface ReceivedHeader {
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payloadOffset: number;
  readonly padding: boolean;
  /** Bytes; 0 until whoever decrypts the packet says otherwise. */
  paddingSize: number;
  /** Bytes, as {@link payloadOffset}: the name that statistics know it by. */
  readonly serializeSize: number;
}

/** Reads the header of a packet as it comes, encrypted or not; sources and extensions are passed over. Undefined for what is no RTP or is cut off. */
export function readRtpHeader(packet: Uint8Array): ReceivedHeader | undefined {
  const [flags, kind] = [packet[0]!, packet[1]!];
  if (packet.length < fixedBytes || flags >> 6 !== 2) return undefined;
  let payloadOffset = fixedBytes + (flags & 0x0f) * wordBytes;
  if ((flags & 0x10) !== 0) {
    if (packet.length < payloadOffset + wordBytes) return undefined;
    payloadOffset += wordBytes + uint16(packet, payloadOffset + 2) * wordBytes;
  }
  if (packet.length < payloadOffset) return undefined;
  return {
    payloadType: kind & 0x7f,
    sequenceNumber: uint16(packet, 2),
    timestamp: uint32(packet, 4),
    ssrc: uint32(packet, 8),
    payloadOffset,
    padding: (flags & 0x20) !== 0,
    paddingSize: 0,
    serializeSize: payloadOffset,
  };
}

/** The header of a packet to be sent, without sources and extensions. It has the part of werift's header that encryption, repeats and reports need. */
export class SentHeader {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;

  constructor(ssrc: number, payloadType: number, marker: boolean, sequenceNumber: number, timestamp: number) {
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    this.marker = marker;
    this.sequenceNumber = sequenceNumber;
    this.timestamp = timestamp;
  }

  /** Bytes. */
  get serializeSize(): number {
    return fixedBytes;
  }

  serialize(): Buffer {
    const bytes = Buffer.allocUnsafe(fixedBytes);
    bytes[0] = 0x80;
    bytes[1] = (this.marker ? 0x80 : 0) | this.payloadType;
    bytes.writeUInt16BE(this.sequenceNumber, 2);
    bytes.writeUInt32BE(this.timestamp, 4);
    bytes.writeUInt32BE(this.ssrc, 8);
    return bytes;
  }
}

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 0x1_0000 + uint16(bytes, at + 2);
