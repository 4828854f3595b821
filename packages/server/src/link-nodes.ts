/** The two nodes through which a session speaks with the other end of its link. */
import {
  audio,
  binary,
  defineAlias,
  defineNode,
  encodedVideo,
  event,
  eventFrame,
  type Frame,
  type Host,
  json,
  type Link,
  type LinkEvents,
  type NodeContext,
  type Output,
  Playback,
  tensor,
  text,
} from "@remotemedia/core";

const messages = { text: text(), json: json(), event: event(), binary: binary(), tensor: tensor() };

/** What comes from the other end: how it is decoded is the transport's business, that is why the rate is fixed. */
export const arriving = {
  audio: audio({ format: "f32-planar", sampleRate: 48_000, numberOfChannels: 1 }),
  video: encodedVideo(),
  ...messages,
};

/** The rates that Opus takes as they are; other audio is converted on the edge. */
const leaving = [
  audio({ format: "f32-planar", sampleRate: [48_000, 24_000, 16_000, 12_000, 8_000], numberOfChannels: [1, 2] }),
  encodedVideo(),
  ...Object.values(messages),
];

/** What leaves, as it leaves: for whoever must know it again when a microphone hears it (`echo-gate`). */
const reference = { reference: audio("f32-planar") };

type SourcePort = keyof typeof arriving | keyof typeof reference;

/** What the link's events are given to, once the session has started. */
export type LinkEnds = Required<Pick<LinkEvents, "message" | "request" | "played">>;

/**
 * A host with the node types of a link: `link-source`, `link-sink`, and their names in the earlier SDK.
 *
 * @param link whose frames they carry; without one they can be validated and not run
 */
export function withLinkNodes(host: Host, link?: Link): { readonly host: Host; readonly ends: LinkEnds } {
  let context: NodeContext | undefined;
  let out: Output<SourcePort> | undefined;
  let begin: () => void;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let isOver = false;
  let playback: Playback | undefined;
  const source = defineNode({
    type: "link-source",
    description: "Frames from the other end of the link that the session belongs to.",
    outputs: { ...arriving, ...reference },
    live: true,
    create: () => ({
      produce: (given: Output<SourcePort>) => {
        out = given;
        begin();
      },
      stop: () => {
        out = undefined;
        isOver = true;
        begin();
      },
      request: (name, value) => {
        link?.request(name, value, name === "keyframe" ? "video" : "audio");
        return true;
      },
    }),
  });
  const sink = defineNode({
    type: "link-sink",
    description: "Frames to the other end of the link that the session belongs to; tells when an answer begins and ends to be played.",
    inputs: { in: leaving },
    outputs: { events: event() },
    live: true,
    create: () => ({
      start: (given: NodeContext) => void (context = given),
      produce: (given: Output<"events">) => void (playback = new Playback((name, value) => given.emit("events", eventFrame(name, value)))),
      process: (frame: Frame) => {
        if (link === undefined) return undefined;
        const sent = sendTo(link, frame);
        playback?.given(frame);
        if (frame.kind === "audio") void out?.emit("reference", frame.share());
        return sent;
      },
      interrupt: (turn: number) => {
        link?.interrupt(turn);
        playback?.interrupt();
      },
    }),
  });
  const asBefore = { params: { type: "object", properties: {} }, map: () => ({}) } as const;
  const registry = host.registry.copy();
  for (const node of [source, sink, defineAlias("WebRTCSource", source, asBefore), defineAlias("WebRTCSink", sink, asBefore)])
    registry.register(node);
  const ends: LinkEnds = {
    message: (frame) => {
      if (out !== undefined) return out.emit(portOf(frame), frame);
      // Sources begin a moment after their session: what is said until then waits, what is heard does not.
      if (isOver || frame.kind === "audio" || frame.kind === "encoded-video") return frame.release();
      return begun.then(() => ends.message(frame));
    },
    request: (name, value) => context?.request(name, value) ?? false,
    played: (turn, heard) => {
      context?.played(turn, heard);
      playback?.played(turn, heard.durationUs);
    },
  };
  return { host: { ...host, registry }, ends };
}

function sendTo(link: Link, frame: Frame): void | Promise<void> {
  if (frame.kind === "audio") return link.sendMedia(frame.retain(), "audio");
  return frame.kind === "encoded-video" ? link.sendMedia(frame.retain(), "video") : link.send(frame);
}

const portOf = (frame: Frame): SourcePort => (frame.kind === "encoded-video" ? "video" : (frame.kind as SourcePort));
