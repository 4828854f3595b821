/** SRTP with AES-GCM (RFC 7714), at less cost. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { type RTCDtlsTransport, SrtpAuthenticationError } from "werift";

type Cipher = RTCDtlsTransport["srtp"]["localContext"]["cipher"];
type Header = Parameters<Cipher["encryptRtp"]>[0];

const algorithm = "aes-128-gcm";
const aeadAes128Gcm = 7;
const tagBytes = 16;
const ivBytes = 12;

/**
 * @internal Lets both directions work with a key that is made ready once, where AES-GCM was agreed on. werift gives the key's bytes anew for each packet,
 * and makes six buffers on the way.
 */
export function quickenCipher({ srtp: { localContext, remoteContext } }: RTCDtlsTransport): void {
  for (const { cipher, profile } of [localContext, remoteContext]) if (profile === aeadAes128Gcm) quicken(cipher);
}

function quicken(cipher: Cipher): void {
  const key = createSecretKey(cipher.srtpSessionKey);
  const iv = new InitializationVector(cipher.srtpSessionSalt);
  cipher.encryptRtp = (header, payload, rollovers) => seal(key, iv.of(header, rollovers), header.serialize(header.serializeSize), payload);
  const decrypt = cipher.decryptRtp.bind(cipher);
  cipher.decryptRtp = (packet, rollovers, header) => {
    // Padding has to be looked at; nobody sends it with audio.
    if (header === undefined || header.padding) return decrypt(packet, rollovers, header);
    return [open(key, iv.of(header, rollovers), packet, header.payloadOffset), header];
  };
}

function seal(key: KeyObject, iv: Uint8Array, header: Buffer, payload: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, iv);
  cipher.setAAD(header);
  const body = cipher.update(payload);
  cipher.final();
  return Buffer.concat([header, body, cipher.getAuthTag()]);
}

/** The packet without its tag, in plain. */
function open(key: KeyObject, iv: Uint8Array, packet: Buffer, payloadOffset: number): Buffer {
  const end = packet.length - tagBytes;
  if (end < payloadOffset) throw new SrtpAuthenticationError("an SRTP packet is too short");
  const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: tagBytes });
  const header = packet.subarray(0, payloadOffset);
  decipher.setAAD(header);
  decipher.setAuthTag(packet.subarray(end));
  const body = decipher.update(packet.subarray(payloadOffset, end));
  try {
    decipher.final();
  } catch {
    throw new SrtpAuthenticationError("an SRTP packet is not authentic");
  }
  return Buffer.concat([header, body]);
}

/** Section 8.1. */
class InitializationVector {
  readonly #salt: DataView;
  readonly #bytes = new Uint8Array(ivBytes);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(salt: Buffer) {
    this.#salt = new DataView(Uint8Array.from(salt.subarray(0, ivBytes)).buffer);
    this.#view.setUint16(0, this.#salt.getUint16(0));
  }

  /** Valid until the next call. */
  of({ ssrc, sequenceNumber }: Pick<Header, "ssrc" | "sequenceNumber">, rollovers: number): Uint8Array {
    this.#view.setUint32(2, ssrc ^ this.#salt.getUint32(2));
    this.#view.setUint32(6, rollovers ^ this.#salt.getUint32(6));
    this.#view.setUint16(10, sequenceNumber ^ this.#salt.getUint16(10));
    return this.#bytes;
  }
}
