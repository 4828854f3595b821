import {
  type AudioFrame,
  any,
  audio,
  defineNode,
  type Frame,
  jsonFrame,
  type NodeExecutor,
  type Output,
  type ParamsOf,
  sameAs,
} from "@remotemedia/core";
import { contentOf, valueAt } from "../text/path.ts";

const selectParams = {
  type: "object",
  additionalProperties: false,
  properties: {
    kinds: {
      type: "array",
      items: { type: "string", enum: ["audio", "video", "encoded-audio", "encoded-video", "text", "json", "tensor", "binary", "event"] },
      description: "Only frames of these kinds.",
    },
    stream: { type: "integer", minimum: 0, description: "Only frames of the stream with this id." },
    events: {
      type: "array",
      items: { type: "string" },
      description: "Only events of these names; frames that are no events are not affected.",
    },
    channels: {
      type: "array",
      minItems: 1,
      maxItems: 64,
      items: { type: "integer", minimum: 0, maximum: 63 },
      description:
        "Only these channels of audio, counted from 0, in this order; silence for one that is not there. The input must be audio.",
    },
    path: {
      type: "string",
      minLength: 1,
      description:
        "Only what lies at this path of a JSON, text or event frame, as JSON: user.name, items.0; frames without it are dropped.",
    },
  },
} as const;

/** Lets only some frames through, or a part of each. All that is given must hold. */
export const select = defineNode({
  type: "select",
  description: "Lets only some frames through, by kind, stream or event, or only some channels or a part of a JSON value.",
  inputs: { in: any() },
  outputs: { out: any() },
  params: selectParams,
  ports: ({ channels }) =>
    channels === undefined
      ? {}
      : { inputs: { in: audio("f32-planar") }, outputs: { out: sameAs("in", { numberOfChannels: channels.length }) } },
  create: (params) => createSelect(params),
});

function createSelect({ kinds, stream, events, channels, path }: ParamsOf<typeof selectParams>): NodeExecutor {
  const passes = (frame: Frame): boolean =>
    (kinds === undefined || kinds.includes(frame.kind)) &&
    (stream === undefined || frame.stream.id === stream) &&
    (events === undefined || frame.kind !== "event" || events.includes(frame.name));
  return {
    process(frame, _port, out) {
      if (!passes(frame)) return;
      if (channels !== undefined && frame.kind === "audio") return out.emit("out", pick(frame, channels, out));
      if (path === undefined) return out.emit("out", frame);
      const value = valueAt(contentOf(frame), path);
      if (value === undefined) return;
      return out.emit("out", jsonFrame(value, { timestamp: frame.timestamp, duration: frame.duration, flags: frame.flags }));
    },
  };
}

function pick(frame: AudioFrame, channels: readonly number[], out: Output): AudioFrame {
  const { numberOfFrames, flags, data } = frame;
  const picked = out.audio({ numberOfFrames, numberOfChannels: channels.length, flags });
  for (let row = 0; row < channels.length; row++) {
    const channel = channels[row] as number;
    for (let index = 0; index < numberOfFrames; index++) {
      picked.data[row * numberOfFrames + index] = channel < frame.numberOfChannels ? (data[channel * numberOfFrames + index] as number) : 0;
    }
  }
  return picked;
}
