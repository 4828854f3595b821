/** Who answers: gives every connection its link, a new one or the one that it had lost. */
import { type Clock, systemClock } from "../clock.ts";
import { errorFrom, errors, type RemoteMediaError } from "../errors.ts";
import type { Carrier } from "./carrier.ts";
import { Link } from "./link.ts";
import type { HelloMessage } from "./message.ts";

/** How a host of links is made. */
export interface LinkHostOptions {
  /** Makes the session of a new link. When it fails, the other end is told why and the link is closed. */
  readonly open: (link: Link) => Promise<void>;
  readonly clock?: Clock;
  /** Default 30,000. */
  readonly resumeWindowMs?: number;
  /** How long a connection may take to say hello. Default 10,000. */
  readonly helloMs?: number;
}

/**
 * Links by the session that they belong to. Close it to close them all.
 *
 * @example
 * const host = new LinkHost({ open: async (link) => { link.receive({ message: show, media: play }); } });
 * const link = await host.accept(carrier);
 */
export class LinkHost {
  readonly #options: Required<Pick<LinkHostOptions, "open" | "clock" | "helloMs">> & LinkHostOptions;
  readonly #links = new Map<string, Link>();

  constructor(options: LinkHostOptions) {
    this.#options = { clock: systemClock, helloMs: 10_000, ...options };
  }

  /** The links that are not closed. */
  get links(): readonly Link[] {
    return [...this.#links.values()];
  }

  /**
   * The link of a connection, its session open. A foreign one gets a new link; another is asked for the session it had.
   *
   * @param options.id names a new session; default: random
   * @throws `timeout` when it does not say hello, `auth-failed` when it claims a session that it cannot prove, and what `open` throws.
   */
  async accept(carrier: Carrier, { id = crypto.randomUUID() }: { readonly id?: string } = {}): Promise<Link> {
    if (carrier.isForeign) return this.#open(this.#attachNew(carrier, id));
    const { link, isNew } = await this.#greet(carrier, id);
    return isNew ? this.#open(link) : link;
  }

  /** Closes every link. */
  async close(error?: RemoteMediaError): Promise<void> {
    await Promise.all(this.links.map((link) => link.close(error === undefined ? {} : { error })));
  }

  #attachNew(carrier: Carrier, id: string, hello?: HelloMessage): Link {
    const { clock, resumeWindowMs } = this.#options;
    const link = new Link({ role: "owner", id, clock, ...(resumeWindowMs !== undefined && { resumeWindowMs }) });
    this.#links.set(id, link);
    const forget = (): void => void this.#links.delete(id);
    link.done.then(forget, forget);
    link.attach(carrier, hello);
    return link;
  }

  async #open(link: Link): Promise<Link> {
    try {
      await this.#options.open(link);
      return link;
    } catch (thrown) {
      const error = errorFrom(thrown, "start-failed");
      await link.close({ error });
      throw error;
    }
  }

  /** Waits for the hello, and lets the link listen before anything else can arrive. */
  #greet(carrier: Carrier, id: string): Promise<{ readonly link: Link; readonly isNew: boolean }> {
    return new Promise((resolve, reject) => {
      const fail = (error: RemoteMediaError): void => {
        cancel();
        reject(error);
        void sayGoodbye(carrier, error);
      };
      const { clock, helloMs } = this.#options;
      const cancel = clock.setTimer(helloMs, () => fail(errors.timeout({ message: `no hello within ${helloMs / 1000} s` })));
      carrier.receive({
        message: (message) => {
          if (message.type !== "hello") return fail(errors.transportFailed({ message: `"${message.type}" came before hello` }));
          cancel();
          if (message.session === "") return resolve({ link: this.#attachNew(carrier, id, message), isNew: true });
          const known = this.#links.get(message.session);
          if (known === undefined || known.resumeToken !== message.resumeToken)
            return fail(errors.authFailed({ message: "there is no such session to resume", fix: "Open a new one." }));
          known.attach(carrier, message);
          resolve({ link: known, isNew: false });
        },
        media: (frame) => frame.release(),
        request: () => false,
        played: () => undefined,
        closed: (error) => {
          cancel();
          reject(error ?? errors.transportFailed({ message: "the connection was closed before it said hello" }));
        },
      });
    });
  }
}

async function sayGoodbye(carrier: Carrier, { code, message }: RemoteMediaError): Promise<void> {
  try {
    await carrier.send({ type: "bye", error: { code, message } });
  } catch {
    // It is being sent away: whether it hears why is its own affair.
  }
  await carrier.close(1_000);
}
