import type { Carrier, EncodedFrame, Frame, JsonValue, LinkMessage } from "@remotemedia/core";

/** Listens to a carrier and keeps what it hears. */
export class Ear {
  readonly messages: LinkMessage[] = [];
  readonly video: EncodedFrame[] = [];
  readonly requests: [string, JsonValue, string][] = [];
  readonly closings: (string | undefined)[] = [];
  audio = 0;
  gaps = 0;

  constructor(carrier: Carrier) {
    carrier.receive({
      message: (message) => void this.messages.push(message),
      media: (frame) => this.#hear(frame),
      request: (name, value, track) => this.requests.push([name, value, track]) > 0,
      played: () => undefined,
      closed: (error) => void this.closings.push(error?.code),
    });
  }

  get frames(): Frame[] {
    return this.messages.flatMap((message) => (message.type === "frame" ? [message.frame] : []));
  }

  get texts(): string[] {
    return this.frames.flatMap((frame) => (frame.kind === "text" ? [frame.text] : []));
  }

  #hear(frame: Frame): void {
    if (frame.kind === "encoded-video") return void this.video.push(frame as EncodedFrame);
    this.audio++;
    if (frame.metadata["concealed"] === true) this.gaps++;
  }
}
