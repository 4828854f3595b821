/** The peer connection of a caller, as its offers make it: the first one, the same again, another in its place. */
import { type Carrier, errors } from "@remotemedia/core";
import { type CandidateJson, originId, type WebRtcConnection, type WebRtcOptions, type WebRtcState } from "@remotemedia/transport-webrtc";
import type { Limits } from "./options.ts";
import type { ServerMessage } from "./signaling-message.ts";

/** What signaling needs of a peer connection. */
export type PeerConnection = Pick<WebRtcConnection, "description" | "state" | "renegotiate" | "addCandidate" | "close"> & {
  readonly carrier: Carrier;
  /** Settles when all candidates of this end are known. */
  readonly gathered?: Promise<void>;
};

/** Answers an offer. Rejects when it cannot be answered; nothing is left open then. */
export type Acceptor = (offer: string, options: WebRtcOptions) => Promise<PeerConnection>;

/** What a negotiation is made with. */
export interface NegotiationOptions {
  readonly accept: Acceptor;
  /** What holds for every connection of this caller. */
  readonly how: Omit<WebRtcOptions, "isForeign" | "onCandidate" | "onState">;
  readonly limits: Limits;
  send(message: ServerMessage): void;
  /** Of the connection that there is now. */
  onState(state: WebRtcState): void;
}

/** Whoever made it closes its connection. */
export class Negotiation {
  readonly #options: NegotiationOptions;
  #connection: PeerConnection | undefined;
  #offer = "";
  #isForeign = true;
  /** What came before the description that it belongs to. */
  #early: CandidateJson[] = [];
  #candidates = 0;

  constructor(options: NegotiationOptions) {
    this.#options = options;
  }

  get connection(): PeerConnection | undefined {
    return this.#connection;
  }

  /** Whether the client does not speak `remotemedia.v1`. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /**
   * Answers an offer.
   *
   * @returns the connection that it replaced, if any: it is to be closed when its session has gone over
   * @throws what keeps the offer from being answered; what was there stays.
   */
  async answer(offer: string, isForeign: boolean): Promise<PeerConnection | undefined> {
    const { sdpBytes } = this.#options.limits;
    if (Buffer.byteLength(offer) > sdpBytes)
      throw errors.limitExceeded({ message: `the offer has more than ${sdpBytes} bytes`, fix: "Offer fewer tracks and codecs." });
    const replaced = this.#isSame(offer) ? await this.#again(offer) : await this.#connect(offer, isForeign);
    this.#candidates = 0;
    for (const candidate of this.#early.splice(0)) if (belongsTo(candidate, offer)) this.#connection?.addCandidate(candidate);
    return replaced;
  }

  /** Browsers send candidates as soon as they have them, also before the offer. False for one too many, which is ignored. */
  addCandidate(candidate: CandidateJson): boolean {
    if (this.#candidates++ >= this.#options.limits.candidates) return false;
    if (this.#connection === undefined || !belongsTo(candidate, this.#offer)) this.#early.push(candidate);
    else this.#connection.addCandidate(candidate);
    return true;
  }

  /** The session is over; the next offer begins anew. */
  forget(): PeerConnection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    return connection;
  }

  /** Whether an offer is of the connection that there is: a renegotiation or an ICE restart. */
  #isSame(offer: string): boolean {
    const id = originId(offer);
    return id !== undefined && id === originId(this.#offer) && this.#connection !== undefined && this.#connection.state !== "closed";
  }

  async #again(offer: string): Promise<undefined> {
    const sdp = await (this.#connection as PeerConnection).renegotiate(offer);
    this.#offer = offer;
    this.#options.send({ type: "answer", sdp });
  }

  async #connect(offer: string, isForeign: boolean): Promise<PeerConnection | undefined> {
    const { accept, how, limits, send, onState } = this.#options;
    let connection: PeerConnection | undefined;
    // A browser takes no candidate before the answer.
    let unsent: CandidateJson[] | undefined = [];
    const onCandidate = (candidate: CandidateJson): void =>
      unsent === undefined ? send({ type: "ice-candidate", candidate }) : void unsent.push(candidate);
    const tell = (state: WebRtcState): void => {
      if (connection !== undefined && connection === this.#connection) onState(state);
    };
    connection = await accept(offer, { ...how, isForeign, maxCandidates: limits.candidates, onCandidate, onState: tell });
    const replaced = this.#connection;
    [this.#connection, this.#offer, this.#isForeign] = [connection, offer, isForeign];
    send({ type: "answer", sdp: connection.description });
    for (const candidate of unsent) send({ type: "ice-candidate", candidate });
    unsent = undefined;
    onState(connection.state);
    return replaced;
  }
}

/** Whether a candidate belongs to the ICE session of a description; one that does not say may. */
const belongsTo = ({ usernameFragment }: CandidateJson, sdp: string): boolean =>
  typeof usernameFragment !== "string" || sdp.split(/\r?\n/).includes(`a=ice-ufrag:${usernameFragment}`);
