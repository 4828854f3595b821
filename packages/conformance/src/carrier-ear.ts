import { type Carrier, type Frame, type LinkMessage, yieldToEventLoop } from "@remotemedia/core";

/** Listens to a carrier and keeps what it hears. */
export class CarrierEar {
  readonly messages: LinkMessage[] = [];
  readonly media: Frame[] = [];
  readonly playedUs = new Map<number, number>();
  /** The code of the error of every `closed`; one is right. */
  readonly closings: (string | undefined)[] = [];
  readonly ended: Promise<void>;
  #whenHeard: (() => void)[] = [];

  constructor(carrier: Carrier, { isSlow = false }: { readonly isSlow?: boolean } = {}) {
    let end = (): void => undefined;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    carrier.receive({
      message: (message) => {
        this.messages.push(message);
        for (const look of this.#whenHeard) look();
        return isSlow ? yieldToEventLoop() : undefined;
      },
      media: (frame) => void this.media.push(frame),
      request: () => false,
      played: (turn, { durationUs }) => void this.playedUs.set(turn, (this.playedUs.get(turn) ?? 0) + durationUs),
      closed: (error) => {
        this.closings.push(error?.code);
        end();
      },
    });
  }

  get texts(): string[] {
    return this.messages.flatMap((message) => (message.type === "frame" && message.frame.kind === "text" ? [message.frame.text] : []));
  }

  /** When so many messages have come. */
  heard(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.messages.length >= count) resolve();
      };
      this.#whenHeard.push(look);
      look();
    });
  }
}
