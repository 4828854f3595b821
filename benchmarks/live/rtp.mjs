const HEADER_BYTES = 12;

/** Writes an RTP packet (RFC 3550, 5.1) of 20 ms at 48 kHz into `buffer` and gives the part that was filled. */
export function writeRtp(buffer, { payloadType, ssrc, index, isFirst }, payload) {
  buffer[0] = 0x80;
  buffer[1] = payloadType | (isFirst ? 0x80 : 0);
  buffer.writeUInt16BE(index & 0xffff, 2);
  buffer.writeUInt32BE((index * 960) >>> 0, 4);
  buffer.writeUInt32BE(ssrc, 8);
  payload.copy(buffer, HEADER_BYTES);
  return buffer.subarray(0, HEADER_BYTES + payload.length);
}

/** Reads an RTP packet; nothing for RTCP, which shares the port (RFC 5761, 4: types 64 to 95). */
export function readRtp(packet) {
  const type = packet[1] & 0x7f;
  if (packet.length < HEADER_BYTES || (type >= 64 && type < 96)) return undefined;
  let at = HEADER_BYTES + 4 * (packet[0] & 0x0f);
  if (packet[0] & 0x10) at += 4 + 4 * packet.readUInt16BE(at + 2);
  const padding = packet[0] & 0x20 ? packet[packet.length - 1] : 0;
  return {
    payloadType: type,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(at, packet.length - padding),
  };
}
