/** The handshake of DTLS: early, repeated and lost messages, and what proves nothing. */
import { DtlsClient, type RTCDtlsTransport } from "werift";
import { checkSignature } from "./signature.ts";

const mostEarly = 8;
const isHandshake = (packet: Buffer): boolean => (packet[0] ?? 0) > 19 && (packet[0] ?? 0) < 64;

/**
 * @internal Keeps what the peer says in DTLS before werift listens, and says it again then. A peer greets as soon as its own checks have
 * succeeded; werift listens when it has noticed that its checks have, up to 20 ms later. The greeting would be lost, and come again after
 * 50 ms from a browser, after 500 ms from werift.
 */
export function mendHandshake(transport: RTCDtlsTransport): void {
  const { onData } = transport.iceTransport.connection;
  const early: Buffer[] = [];
  const { unSubscribe } = onData.subscribe((packet) => {
    if (isHandshake(packet) && early.length < mostEarly) early.push(packet);
  });
  transport.onStateChange.once(() => {
    unSubscribe();
    // werift makes its DTLS end in the same call, after it has told the state.
    queueMicrotask(() => {
      const { dtls } = transport;
      if (dtls === undefined) return;
      takeInOrder(dtls);
      if (dtls instanceof DtlsClient) greetAtOnce(dtls);
      for (const packet of early) onData.execute(packet);
    });
  });
}

/** werift's end of a DTLS connection. */
type DtlsEnd = NonNullable<RTCDtlsTransport["dtls"]>;

// RFC 5246, section 7.4.
const [clientHello, finished] = [1, 20];

/**
 * Takes the messages of a handshake one after another, each once, as RFC 6347, section 4.2.2, has it. What comes too soon is let go: it comes
 * again. werift takes them as they come, which a loss or a process that stands still for 500 ms turns into an error or keys that do not agree:
 * as a client it fails at a second request to verify its hello, as a server it makes keys anew from each repeated key exchange, and takes an
 * old hello for the beginning of another handshake.
 */
function takeInOrder(end: DtlsEnd): void {
  const handle = end.onHandleHandshakes;
  const types: number[] = [];
  const isWanted = ({ msg_type: type, message_seq: sequence }: { readonly msg_type: number; readonly message_seq: number }): boolean => {
    // Repeated because our answer was lost. All the rest werift repeats by time.
    const isOurTurn = type === finished || (type === clientHello && end.dtls.flight === (sequence === 0 ? 2 : 4));
    if (sequence !== types.length) return sequence < types.length && isOurTurn;
    // Only the hello comes twice. A second certificate would take the place of the one whose owner was proved.
    if (types.includes(type) && (type !== clientHello || sequence !== 1)) return false;
    return types.push(type) > 0;
  };
  end.onHandleHandshakes = async (messages) => {
    const wanted = messages.filter(isWanted);
    for (const { msg_type, fragment } of wanted) checkSignature(end.cipher, end.dtls, msg_type, fragment);
    await handle(wanted);
  };
}

/** As a client werift waits 100 ms before it says hello. */
function greetAtOnce(client: DtlsClient): void {
  const greeted = client.connect();
  greeted.catch(() => undefined);
  client.connect = () => greeted;
}
