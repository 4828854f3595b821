/** One client that speaks another protocol, and the session behind it. */
import { randomUUID } from "node:crypto";
import { errorFrom, errors, type Log } from "@remotemedia/core";
import type { CallerContext } from "../caller.ts";
import { namedLog } from "../named-log.ts";
import type { Served } from "../sessions.ts";
import type { TranslatedCarrier } from "./translated-carrier.ts";

/** Ends with its connection, or with its session. */
export class ForeignCaller {
  readonly id: string;
  readonly #carrier: TranslatedCarrier;
  readonly #context: CallerContext;
  readonly #address: string;
  readonly #log: Log;
  readonly #channel: string;
  #served: Served | undefined;
  #isGone = false;

  /** @param channel how `/connections` names the protocol */
  constructor(carrier: TranslatedCarrier, context: CallerContext, address: string, channel: string, id: string = randomUUID()) {
    this.id = id;
    this.#carrier = carrier;
    this.#context = context;
    this.#address = address;
    this.#channel = channel;
    this.#log = namedLog(context.log, { connection: id });
    context.callers.add(this);
    void carrier.closed.then(() => {
      this.#isGone = true;
      context.callers.delete(this);
    });
    this.#quietly(this.#serve());
  }

  get hasSocket(): boolean {
    return !this.#isGone && this.#carrier.transport === "websocket";
  }

  /** As `/connections` shows it. */
  get report() {
    const has_pipeline = this.#served !== undefined;
    const state = this.#isGone ? ("closed" as const) : has_pipeline ? ("connected" as const) : ("connecting" as const);
    const ice_state = this.#carrier.transport === "websocket" ? ("new" as const) : state === "connecting" ? ("checking" as const) : state;
    return { id: this.id, state, ice_state, data_channels: [this.#channel], has_pipeline, is_active: state === "connected" };
  }

  /** The server is shutting down: who has no session goes now. */
  drain(): void {
    if (this.#served === undefined) this.#quietly(this.close());
  }

  async close(): Promise<void> {
    await this.#served?.link.close();
    await this.#carrier.close(0);
  }

  async #serve(): Promise<void> {
    const { clock, limits, sessions } = this.#context;
    const { dialect } = this.#carrier;
    const cancel = clock.setTimer(limits.handshakeMs, () => {
      dialect.ended(errors.timeout({ message: `no greeting within ${limits.handshakeMs / 1000} s`, fix: "Connect again." }));
      this.#quietly(this.close());
    });
    await Promise.race([dialect.ready, this.#carrier.closed]).finally(cancel);
    if (this.#isGone) return;
    try {
      this.#served = await sessions.join(this.#carrier, this.id, this.#address);
      dialect.opened(this.id);
    } catch (thrown) {
      // The client has been told by the link.
      const { code, node } = errorFrom(thrown, "start-failed");
      this.#log.warn("a session did not start", { code, ...(node !== undefined && { node }) });
    }
  }

  #quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#log.error("a connection did not end in order", { error: String(error) }));
  }
}
