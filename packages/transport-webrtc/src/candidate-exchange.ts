/** The candidates of one connection, both ways. */
import type { RTCPeerConnection } from "werift";
import { type CandidateJson, isUnicast, parseCandidate } from "./candidate-policy.ts";
import type { SdpPlan } from "./sdp-policy.ts";
import type { WebRtcOptions } from "./webrtc-options.ts";

const defaultCandidates = 32;

/** @internal Takes what the peer may offer and shows what it may see. What cannot be used is counted and let go. */
export class CandidateExchange {
  readonly #peer: RTCPeerConnection;
  readonly #options: WebRtcOptions;
  #transport: SdpPlan["transport"] | undefined;
  #early: unknown[] = [];
  #isDescribing = false;
  #untold: CandidateJson[] = [];
  #taken = 0;
  #refused = 0;

  constructor(peer: RTCPeerConnection, options: WebRtcOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  /** Malformed, too many, or of an address that is not allowed. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes a candidate of the peer, `RTCIceCandidateInit` or a line; keeps it until there is a description to which it belongs. */
  add(given: unknown): void {
    if (++this.#taken > (this.#options.maxCandidates ?? defaultCandidates)) this.#refused++;
    else if (this.#transport === undefined) this.#early.push(given);
    else this.#use(given, this.#transport);
  }

  /** The peer's description was taken. True if it restarts ICE: then candidates are counted anew. */
  describe({ transport }: SdpPlan): boolean {
    const isRestart = this.#transport !== undefined && this.#transport.ufrag !== transport.ufrag;
    if (isRestart) this.#taken = 0;
    this.#transport = transport;
    return isRestart;
  }

  /** Descriptions agree: what came before, and what stands in the description, is used. */
  begin({ transport, candidates }: SdpPlan): void {
    for (const given of this.#early.splice(0)) this.#use(given, transport);
    for (const line of candidates) this.add(line);
  }

  /** Shows the peer a candidate of ours, after the description that it belongs to. */
  tell(line: string | undefined): void {
    const address = line === undefined ? undefined : parseCandidate(line)?.address;
    if (line === undefined || address === undefined || this.#options.allowCandidate?.(address) === false) return;
    const { mid, index } = this.#transport ?? { mid: "0", index: 0 };
    this.#untold.push({ candidate: line.startsWith("candidate:") ? line : `candidate:${line}`, sdpMid: mid, sdpMLineIndex: index });
    if (!this.#isDescribing) this.#tellAll();
  }

  /** Makes a description. Candidates wait for the turn of the event loop after it, so that whoever made it can send it before. */
  async whileDescribing<T>(make: () => Promise<T>): Promise<T> {
    this.#isDescribing = true;
    try {
      return await make();
    } finally {
      setImmediate(() => {
        this.#isDescribing = false;
        this.#tellAll();
      });
    }
  }

  #tellAll(): void {
    for (const candidate of this.#untold.splice(0)) this.#options.onCandidate?.(candidate);
  }

  #use(given: unknown, { mid }: SdpPlan["transport"]): void {
    const line: unknown = typeof given === "string" ? given : (given as CandidateJson | null)?.candidate;
    // An empty line ends the candidates. werift would give up at once if it knew of none by then; it is better to wait for the peer's checks.
    if (line === "" || line === null) return;
    const candidate = typeof line === "string" ? parseCandidate(line) : undefined;
    // A name in .local hides an address; to ask the network for it takes time, and the peer's own checks tell the address.
    if (candidate?.address.endsWith(".local") === true || candidate?.transport === "tcp") return;
    const isAllowed =
      candidate !== undefined && isUnicast(candidate.address) && this.#options.allowCandidate?.(candidate.address) !== false;
    if (!isAllowed) return void this.#refused++;
    this.#peer.addIceCandidate({ candidate: candidate.line, sdpMid: mid }).catch(() => void this.#refused++);
  }
}
