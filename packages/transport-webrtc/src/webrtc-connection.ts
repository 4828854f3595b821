/** One peer connection, from the offer to the end. */
import { loadOpus, type OpusCodec } from "@remotemedia/codecs";
import { type Clock, errorFrom, errors, linkProtocol, type RemoteMediaError, systemClock, yieldToEventLoop } from "@remotemedia/core";
import type { RTCDataChannel, RTCPeerConnection, RTCSessionDescription } from "werift";
import { CandidateExchange } from "./candidate-exchange.ts";
import type { CandidateJson } from "./candidate-policy.ts";
import { foreignWire } from "./foreign-wire.ts";
import { LifeWatch } from "./life-watch.ts";
import { MediaTracks } from "./media-tracks.ts";
import { MessageChannel } from "./message-channel.ts";
import { protocolWire } from "./protocol-wire.ts";
import { shortenAudio } from "./rtp/audio-path.ts";
import { sectionLines } from "./sdp-answer.ts";
import { planSdp, type SdpPlan } from "./sdp-policy.ts";
import { continued, joinLines, parseSdp } from "./sdp-text.ts";
import { WebRtcCarrier } from "./webrtc-carrier.ts";
import type { WebRtcOptions, WebRtcState } from "./webrtc-options.ts";
import { guardAssociation, mendTransport, restartChecks } from "./werift-faults/index.ts";
import { addMedia, chooseRole, gather, makePeer, opusFormat, transportOf } from "./werift-peer.ts";

const mostStrangeChannels = 16;

/**
 * A WebRTC connection to one peer. Descriptions are given at once, without candidates; those trickle through `onCandidate`.
 *
 * Whoever made it closes it, or its carrier, which is the same.
 *
 * @example
 * const connection = await WebRtcConnection.accept(offer, { isForeign: true, log, onCandidate: send });
 * answer(connection.description);
 * link.attach(connection.carrier);
 */
export class WebRtcConnection {
  readonly carrier: WebRtcCarrier;
  /** Resolves when media and messages can flow, or rejects with the reason why they never will. */
  readonly connected: Promise<void>;
  readonly #options: WebRtcOptions;
  readonly #clock: Clock;
  readonly #peer: RTCPeerConnection;
  readonly #media: MediaTracks;
  readonly #messages: MessageChannel;
  readonly #candidates: CandidateExchange;
  #description = "";
  #gathered: Promise<void> = Promise.resolve();
  #state: WebRtcState = "connecting";
  #settle!: { resolve(): void; reject(error: RemoteMediaError): void };
  #watch: LifeWatch | undefined;
  #strangeChannels = 0;

  private constructor(options: WebRtcOptions, codec: OpusCodec, isCaller: boolean) {
    const { isForeign, log, clock = systemClock, opus = {} } = options;
    this.#options = options;
    this.#clock = clock;
    const peer = makePeer(options, isCaller);
    this.#peer = peer;
    this.#candidates = new CandidateExchange(peer, options);
    this.connected = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask shall not be ended by it.
    this.connected.catch(() => undefined);
    const messages = new MessageChannel({
      wire: isForeign ? foreignWire(options.channel) : protocolWire(),
      isForeign,
      log,
      onBroken: (error) => this.#end(error),
      onClosed: () => isForeign || this.#end(),
    });
    this.#messages = messages;
    const onFailed = (thrown: unknown): void => this.#end(errorFrom(thrown, "internal"));
    const media = new MediaTracks(peer, { opus: codec, options: opus, clock, onFailed });
    this.#media = media;
    this.carrier = new WebRtcCarrier({ isForeign, clock, messages, media, peer, tearDown: () => this.#tearDown() });
  }

  /**
   * Answers an offer. `description` is the answer.
   *
   * @throws `media-incompatible` for an offer that cannot be answered, `limit-exceeded` for one that is too long.
   */
  static async accept(offer: string, options: WebRtcOptions): Promise<WebRtcConnection> {
    const plan = planSdp(offer);
    const connection = new WebRtcConnection(options, await loadOpus(), false);
    connection.#peer.onDataChannel.subscribe((channel) => connection.#taken(channel));
    return connection.#begun(() => connection.#answer(plan));
  }

  /** Makes an offer, which is `description`; its answer is to be given to {@link answered}. */
  static async dial(options: WebRtcOptions): Promise<WebRtcConnection> {
    const connection = new WebRtcConnection(options, await loadOpus(), true);
    const peer = connection.#peer;
    for (const kind of options.offers ?? ["audio"]) addMedia(peer, kind);
    const protocol = options.isForeign ? "" : linkProtocol;
    connection.#messages.attach(peer.createDataChannel(connection.#messages.label, { protocol }));
    return connection.#begun(() => connection.#offer(false));
  }

  /** The offer or the answer of this end, as it was last. */
  get description(): string {
    return this.#description;
  }

  /** Resolves when all candidates of this end are found; `onCandidate` has them a turn of the event loop later. */
  get gathered(): Promise<void> {
    return this.#gathered;
  }

  get state(): WebRtcState {
    return this.#state;
  }

  /** Candidates that were refused: malformed, too many, or of an address that is not allowed. */
  get refusedCandidates(): number {
    return this.#candidates.refused;
  }

  /**
   * Of a caller: the answer has come.
   *
   * @throws `media-incompatible` for an answer that cannot be used.
   */
  async answered(answer: string): Promise<void> {
    this.#requireLife();
    const plan = planSdp(answer);
    const isRestart = this.#candidates.describe(plan);
    await this.#peer.setRemoteDescription({ type: "answer", sdp: plan.text });
    this.#follow(plan, isRestart);
  }

  /**
   * Answers another offer on this connection: an ICE restart, or more lines.
   *
   * @throws as {@link accept}; the connection stays as it was.
   */
  renegotiate(offer: string): Promise<string> {
    return this.#describe(() => this.#answer(planSdp(offer)));
  }

  /** Of a caller: an offer that restarts ICE; its answer is to be given to {@link answered}. */
  restart(): Promise<string> {
    return this.#describe(() => this.#offer(true));
  }

  /** Takes a candidate of the peer, also before its description. What cannot be used is counted and let go. */
  addCandidate(candidate: CandidateJson | string): void {
    if (this.#state !== "closed") this.#candidates.add(candidate);
  }

  /** Sends what waits, then closes; at the deadline it closes anyway. Twice is once. */
  close(deadlineMs?: number): Promise<void> {
    return this.carrier.close(deadlineMs);
  }

  /** Gives itself with its first description, or closes. */
  async #begun(make: () => Promise<string>): Promise<this> {
    try {
      await this.#describe(make);
      return this;
    } catch (thrown) {
      await this.close(0);
      throw errorFrom(thrown, "media-incompatible");
    }
  }

  async #describe(make: () => Promise<string>): Promise<string> {
    this.#requireLife();
    const next = await this.#candidates.whileDescribing(make);
    this.#requireLife();
    // werift makes up an origin for each description.
    this.#description = continued(this.#description, next);
    return this.#description;
  }

  async #answer(plan: SdpPlan): Promise<string> {
    const peer = this.#peer;
    for (const kind of ["audio", "video"] as const) {
      if (plan[kind] !== undefined && !peer.getTransceivers().some((line) => line.kind === kind)) addMedia(peer, kind);
    }
    await peer.setRemoteDescription({ type: "offer", sdp: plan.text });
    this.#requireLife();
    chooseRole(peer, plan);
    this.#listen();
    const isRestart = this.#candidates.describe(plan);
    const answer = await peer.createAnswer();
    await this.#setLocal(answer);
    this.#follow(plan, isRestart);
    return plan.answer(answer.sdp, opusFormat(this.#options.opus));
  }

  async #offer(isRestart: boolean): Promise<string> {
    this.#listen();
    const offer = await this.#peer.createOffer({ iceRestart: isRestart });
    await this.#setLocal(offer);
    const { head, sections } = parseSdp(offer.sdp);
    return joinLines([...head, ...sections.flatMap((section) => sectionLines(section, undefined, ""))]);
  }

  async #setLocal(description: RTCSessionDescription): Promise<void> {
    this.#requireLife();
    this.#gathered = gather(this.#peer, this.#options);
    await this.#peer.setLocalDescription(description);
  }

  #listen(): void {
    guardAssociation(this.#peer, this.#options.log, (error) => this.#end(error));
    if (this.#watch !== undefined) return;
    const transport = transportOf(this.#peer);
    const { connectTimeoutMs = 15_000, silenceMs = 15_000 } = this.#options;
    mendTransport(transport);
    shortenAudio(transport);
    transport.onStateChange.subscribe((state) => this.#dtlsChanged(state));
    transport.iceTransport.onStateChange.subscribe((state) => state === "failed" && this.#end(lost("the network path was lost")));
    transport.iceTransport.onIceCandidate.subscribe((candidate) => this.#candidates.tell(candidate?.toJSON().candidate));
    this.#watch = new LifeWatch({
      clock: this.#clock,
      transport,
      connectTimeoutMs,
      silenceMs,
      onStalled: () => this.#enter("stalled"),
      onResumed: () => this.#enter("connected"),
      onDead: (error) => this.#end(error),
    });
  }

  /** The peer opened a data channel: there is one; others are closed, and whoever opens many is mad. */
  #taken(channel: RTCDataChannel): void {
    if (channel.label === this.#messages.label && this.#messages.attach(channel)) return;
    if (++this.#strangeChannels > mostStrangeChannels)
      return this.#end(errors.limitExceeded({ message: "the peer opens too many data channels" }));
    channel.close();
  }

  #dtlsChanged(state: string): void {
    if (state === "connected") {
      this.#watch?.connected();
      this.carrier.connected();
      this.#enter("connected");
      this.#settle.resolve();
    }
    if (state === "closed") this.#end();
    if (state === "failed")
      this.#end(lost("the DTLS handshake failed: the peer is not who its description says, or speaks another protocol"));
  }

  /** The descriptions agree: what was agreed on begins. */
  #follow(plan: SdpPlan, isRestart: boolean): void {
    this.#requireLife();
    this.#media.agree(plan);
    this.#candidates.begin(plan);
    if (!isRestart) return;
    this.#watch?.restarted();
    restartChecks(transportOf(this.#peer).iceTransport).catch((error: unknown) =>
      this.#options.log.warn("an ICE restart failed", { error: String(error) }),
    );
  }

  #enter(state: WebRtcState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #end(error?: RemoteMediaError): void {
    if (this.#state === "closed") return;
    this.carrier.ended(error);
    this.#settle.reject(error ?? lost("the connection was closed"));
    void this.#tearDown();
  }

  async #tearDown(): Promise<void> {
    if (this.#state === "closed") return;
    this.#enter("closed");
    this.#settle.reject(lost("the connection was closed"));
    this.#watch?.close();
    try {
      // werift closes the sockets before it says goodbye; the peer would have to find out by itself. A datagram leaves in the next turn.
      await this.#peer.sctpTransport?.stop();
      await yieldToEventLoop();
      await this.#peer.close();
    } catch (error) {
      this.#options.log.warn("a connection did not close cleanly", { error: String(error) });
    }
  }

  #requireLife(): void {
    if (this.#state === "closed") throw errors.transportFailed({ message: "the connection is closed" });
  }
}

const lost = (message: string): RemoteMediaError => errors.transportFailed({ message });
