/** One client of Pipecat's small WebRTC transport: offers come by HTTP, messages by a data channel. */
import { randomUUID } from "node:crypto";
import { errors, type JsonValue, sleep, yieldToEventLoop } from "@remotemedia/core";
import type { CandidateJson } from "@remotemedia/transport-webrtc";
import type { CallerContext } from "../caller.ts";
import { ForeignCaller } from "../foreign/foreign-caller.ts";
import { fieldsOf } from "../foreign/json.ts";
import { TranslatedCarrier } from "../foreign/translated-carrier.ts";
import { namedLog } from "../named-log.ts";
import { Negotiation } from "../negotiation.ts";
import { RtviDialect } from "./rtvi-dialect.ts";

/** Its data channel, as the transport names it. */
const channel = "chat";
/** Candidates cannot be sent after the answer: so long it waits for them. */
const gatherMs = 2_000;
const longestCandidate = 1_024;

/** It ends with its connection, if no other takes its place within the resume window. */
export class OfferCaller {
  readonly id: string = randomUUID();
  /** The client is gone. */
  readonly closed: Promise<void>;
  readonly #context: CallerContext;
  readonly #address: string;
  readonly #negotiation: Negotiation;
  #answer = "";
  #candidates: CandidateJson[] = [];
  #carrier: TranslatedCarrier | undefined;
  #settle!: () => void;

  /** @param allowCandidate which addresses it may name */
  constructor(context: CallerContext, address: string, allowCandidate: (address: string) => boolean) {
    const { accept, iceServers, clock, limits } = context;
    this.#context = context;
    this.#address = address;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const log = namedLog(context.log, { connection: this.id });
    this.#negotiation = new Negotiation({
      accept,
      how: { iceServers, clock, log, allowCandidate, channel },
      limits,
      send: (message) => {
        if (message.type === "answer") this.#answer = message.sdp;
        else if (message.type === "ice-candidate") this.#candidates.push(message.candidate);
      },
      onState: () => undefined,
    });
  }

  /**
   * The answer to an offer, with candidates.
   *
   * @throws what keeps the offer from being answered; what was there stays.
   */
  async answer(offer: string): Promise<string> {
    const { clock } = this.#context;
    const before = this.#negotiation.connection;
    this.#candidates = [];
    await this.#negotiation.answer(offer, true);
    const { connection } = this.#negotiation;
    if (connection === undefined) throw errors.transportFailed({ message: "the connection is gone" });
    if (connection !== before) this.#live(connection.carrier);
    await Promise.race([connection.gathered, sleep(clock, gatherMs)]);
    // Candidates are told a turn of the event loop after their description.
    await yieldToEventLoop();
    await yieldToEventLoop();
    return withCandidates(this.#answer, this.#candidates);
  }

  /** Takes a candidate as the transport writes it; what is none is let go. */
  addCandidate(value: JsonValue): void {
    const { candidate, sdp_mid, sdp_mline_index } = fieldsOf(value);
    if (typeof candidate !== "string" || candidate.length > longestCandidate) return;
    const place = {
      ...(typeof sdp_mid === "string" && { sdpMid: sdp_mid }),
      ...(typeof sdp_mline_index === "number" && { sdpMLineIndex: sdp_mline_index }),
    };
    if (!this.#negotiation.addCandidate({ candidate, ...place })) this.#context.ignored.candidates++;
  }

  #live(inner: Parameters<TranslatedCarrier["moveTo"]>[0]): void {
    if (this.#carrier !== undefined) return this.#carrier.moveTo(inner);
    const { clock, limits } = this.#context;
    const carrier = new TranslatedCarrier(inner, (mouth) => new RtviDialect(mouth), { clock, resumeWindowMs: limits.resumeWindowMs });
    this.#carrier = carrier;
    void carrier.closed.then(this.#settle);
    void new ForeignCaller(carrier, this.#context, this.#address, channel, this.id);
  }
}

/** All m-lines share one transport, whose candidates stand with the first. */
function withCandidates(sdp: string, candidates: readonly CandidateJson[]): string {
  const at = sdp.indexOf("m=", sdp.indexOf("\r\nm=") + 4);
  const lines = [...candidates.map(({ candidate }) => `a=${candidate}\r\n`), "a=end-of-candidates\r\n"].join("");
  return at < 0 ? sdp + lines : sdp.slice(0, at) + lines + sdp.slice(at);
}
