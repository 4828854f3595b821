/** The two nodes through which a session speaks with the other end of its link. */
import {
  audio,
  binary,
  defineAlias,
  defineNode,
  encodedVideo,
  event,
  type Frame,
  json,
  type Link,
  type LinkEvents,
  type NodeContext,
  type NodeDefinition,
  type Output,
  tensor,
  text,
} from "@remotemedia/core";

/** What comes from the other end: how it is decoded is the transport's business, that is why the rate is fixed. */
const arriving = {
  audio: audio({ format: "f32-planar", sampleRate: 48_000, numberOfChannels: 1 }),
  video: encodedVideo(),
  text: text(),
  json: json(),
  event: event(),
  binary: binary(),
  tensor: tensor(),
};

/** The rates that Opus takes as they are; other audio is converted on the edge. */
const leaving = [
  audio({ format: "f32-planar", sampleRate: [48_000, 24_000, 16_000, 12_000, 8_000], numberOfChannels: [1, 2] }),
  encodedVideo(),
  text(),
  json(),
  event(),
  binary(),
  tensor(),
] as const;

type SourcePort = keyof typeof arriving;

/**
 * The node types of a link, by themselves for validation or bound to a link: `link-source`, `link-sink`, and their names in the earlier SDK.
 *
 * @param link whose frames they carry; without one they can be validated and not run
 * @param overheard what else wants to know what the link tells
 */
export function linkNodes(link?: Link, overheard: Partial<LinkEvents> = {}): readonly { readonly definition: NodeDefinition }[] {
  const ends = new LinkEnds(link, overheard);
  const source = defineNode({
    type: "link-source",
    description: "Frames from the other end of the link that the session belongs to.",
    outputs: arriving,
    live: true,
    create: () => ends.source(),
  });
  const sink = defineNode({
    type: "link-sink",
    description: "Frames to the other end of the link that the session belongs to.",
    inputs: { in: leaving },
    live: true,
    create: () => ends.sink(),
  });
  const asBefore = { params: { type: "object", properties: {} }, map: () => ({}) } as const;
  return [source, sink, defineAlias("WebRTCSource", source, asBefore), defineAlias("WebRTCSink", sink, asBefore)];
}

class LinkEnds {
  readonly #link: Link | undefined;
  readonly #overheard: Partial<LinkEvents>;
  #context: NodeContext | undefined;
  #out: Output<SourcePort> | undefined;

  constructor(link: Link | undefined, overheard: Partial<LinkEvents>) {
    this.#link = link;
    this.#overheard = overheard;
  }

  source() {
    return {
      produce: (out: Output<SourcePort>) => {
        this.#out = out;
        this.#link?.receive(this.#events());
      },
      stop: () => {
        this.#out = undefined;
      },
      request: (name: "keyframe" | "bitrate" | "format", value: Parameters<Link["request"]>[1]) => {
        this.#link?.request(name, value, name === "keyframe" ? "video" : "audio");
        return true;
      },
    };
  }

  sink() {
    return {
      start: (context: NodeContext) => {
        this.#context = context;
      },
      process: (frame: Frame): void | Promise<void> => {
        if (!isMedia(frame)) return this.#link?.send(frame);
        return this.#link?.sendMedia(frame.retain(), frame.kind === "audio" ? "audio" : "video");
      },
      interrupt: (turn: number) => this.#link?.interrupt(turn),
    };
  }

  #events(): LinkEvents {
    return {
      ...this.#overheard,
      message: (frame) => this.#emit(portOf(frame), frame),
      // Live media never hold the network back: an edge that is full drops the oldest.
      media: (frame) => void this.#emit(portOf(frame), frame),
      interrupt: (_turn, reason) => this.#context?.interrupt(reason),
      request: (name, value) => this.#context?.request(name, value) ?? false,
      played: (turn, heard) => this.#context?.played(turn, heard),
    };
  }

  #emit(port: SourcePort, frame: Frame): void | Promise<void> {
    return this.#out === undefined ? frame.release() : this.#out.emit(port, frame);
  }
}

const isMedia = (frame: Frame): boolean => frame.kind === "audio" || frame.kind === "video" || frame.kind === "encoded-video";

const portOf = (frame: Frame): SourcePort => (frame.kind === "encoded-video" ? "video" : (frame.kind as SourcePort));
