/** Whether a peer owns the key of the certificate that it shows. */
import { verify, X509Certificate } from "node:crypto";
import { errors } from "@remotemedia/core";
import type { RTCDtlsTransport } from "werift";

type Cipher = NonNullable<RTCDtlsTransport["dtls"]>["cipher"];
type Context = NonNullable<RTCDtlsTransport["dtls"]>["dtls"];

// RFC 5246, section 7.4, and 7.4.1.4.1.
const [serverKeyExchange, certificateVerify] = [12, 15];
const hashes: Readonly<Record<number, string>> = { 4: "sha256", 5: "sha384", 6: "sha512" };

/**
 * @internal Checks what the peer signed in a message of the handshake, where it signs. werift reads signatures and looks no further: whoever
 * repeats a certificate, which goes over the network in plain, would pass for its owner, and a fingerprint would prove nothing.
 *
 * @param fragment the message without its header
 * @throws `auth-failed`
 */
export function checkSignature(cipher: Cipher, { sortedHandshakeCache }: Context, type: number, fragment: Buffer): void {
  if (type === certificateVerify) {
    check(cipher, Buffer.concat(sortedHandshakeCache.map((message) => message.serialize())), fragment);
  } else if (type === serverKeyExchange) {
    // The kind of the curve, its name, and the key after its length (RFC 8422, section 5.4).
    const length = 4 + (fragment[3] ?? 0);
    const randoms = [cipher.localRandom, cipher.remoteRandom].map((random) => random.serialize());
    check(cipher, Buffer.concat([...randoms, fragment.subarray(0, length)]), fragment.subarray(length));
  }
}

/** @param proof hash and signature algorithm, length, signature (section 4.7) */
function check({ remoteCertificate }: Cipher, signed: Buffer, proof: Buffer): void {
  const hash = hashes[proof[0] ?? 0];
  const key = remoteCertificate && new X509Certificate(remoteCertificate).publicKey;
  const isOwner = hash !== undefined && key !== undefined && verify(hash, signed, key, proof.subarray(4));
  if (!isOwner) throw errors.authFailed({ message: "the peer does not own the certificate that it shows" });
}
