/** A pipeline that answers as an agent does, and clients of other protocols that need no library. */
import {
  audio,
  defineNode,
  type Emission,
  event,
  eventFrame,
  Flags,
  json,
  jsonFrame,
  type Output,
  text,
  textFrame,
} from "@remotemedia/core";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

const rate = 16_000;

/** Answers "say 3 Good day." with 3 s of sound in pieces of 20 ms, and gives JSON back; without the model's pieces when it recites. */
export const talker = defineNode({
  type: "talker",
  inputs: { in: [text(), json()] },
  outputs: { words: text(), sound: audio({ format: "f32-planar", sampleRate: rate, numberOfChannels: 1 }), answer: json() },
  answers: true,
  create: () => ({
    async *process(frame, _port, out: Output<"words" | "sound" | "answer">): AsyncGenerator<Emission> {
      if (frame.kind === "json") return void (yield ["answer", jsonFrame({ ...(frame.value as object), d: "sunny" })]);
      const [, how, seconds, sentence] = /^(say|recite) (\d+) (.*)$/.exec(frame.text) ?? [];
      if (sentence === undefined) return;
      if (how === "say") {
        for (const piece of sentence.split(/(?<= )/)) yield ["words", textFrame(piece, { final: false })];
        yield ["words", textFrame("", { flags: Flags.end })];
      }
      yield ["words", textFrame(sentence, { flags: Flags.end })];
      const pieces = Number(seconds) * 50;
      for (let i = 1; i <= pieces && !out.signal.aborted; i++) {
        const sound = out.audio({ numberOfFrames: rate / 50, numberOfChannels: 1, sampleRate: rate, flags: i === pieces ? Flags.end : 0 });
        sound.data.fill(0.5);
        yield ["sound", sound];
      }
    },
  }),
});

/** Says what a recognizer would: "hear hello" begins speech, hears two partial texts and the final one, and ends the turn. */
export const listener = defineNode({
  type: "listener",
  inputs: { in: text() },
  outputs: { words: text(), events: event() },
  create: () => ({
    *process({ text: said }, _port) {
      const heard = /^hear (.*)$/.exec(said)?.[1];
      if (heard === undefined) return;
      yield ["events", eventFrame("speech-started", { timestamp_us: 1_200_000 })];
      yield ["words", textFrame(heard.slice(0, 3), { final: false })];
      yield ["words", textFrame(heard, { final: false })];
      yield ["events", eventFrame("speech-stopped", { timestamp_us: 2_000_000 })];
      yield ["words", textFrame(heard)];
      yield ["words", textFrame(heard, { flags: Flags.end })];
      yield ["events", eventFrame("turn-ended", { turn: 1, text: heard })];
    },
  }),
});

/** Tells after every half second of sound how much it was. */
export const meter = defineNode({
  type: "meter",
  inputs: { in: audio({ format: "f32-planar" }) },
  outputs: { out: text() },
  create: () => {
    let heardUs = 0;
    return {
      process({ duration }, _port, out: Output<"out">) {
        const before = Math.floor(heardUs / 500_000);
        heardUs += duration;
        const after = Math.floor(heardUs / 500_000);
        return after === before ? undefined : out.emit("out", textFrame(`${after * 500} ms`));
      },
    };
  },
});

export const agent = {
  version: "v1",
  metadata: { name: "agent" },
  nodes: [
    { id: "in", node_type: "link-source" },
    { id: "talker", node_type: "talker" },
    { id: "listener", node_type: "listener" },
    { id: "out", node_type: "link-sink" },
  ],
  connections: [
    ...["in.text", "in.json"].map((from) => ({ from, to: "talker" })),
    { from: "in.text", to: "listener" },
    ...["talker.words", "talker.sound", "talker.answer", "listener.words", "listener.events"].map((from) => ({ from, to: "out" })),
  ],
};

export type Said = Readonly<Record<string, unknown>> & { readonly type: string };

/** A socket that keeps what it is told: messages in order, and samples. */
export class ForeignClient {
  readonly socket: WebSocket;
  readonly told: Said[] = [];
  readonly closed: Promise<number>;
  samples = 0;

  constructor(
    url: string,
    { protocols = [], headers = {} }: { readonly protocols?: string[]; readonly headers?: Record<string, string> } = {},
  ) {
    this.socket = new WebSocket(url.replace("http", "ws"), protocols, { headers });
    this.socket.on("message", (data, isBinary) => this.#take(data as Buffer, isBinary));
    this.closed = new Promise((resolve) => this.socket.once("close", (code) => resolve(code)));
    onTestFinished(() => this.socket.terminate());
  }

  /** Rejects with the HTTP status when it is refused. */
  get opened(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once("open", () => resolve(this));
      this.socket.once("unexpected-response", (_, { statusCode }) => reject(new Error(`refused with ${statusCode}`)));
      this.socket.once("error", reject);
    });
  }

  get types(): readonly string[] {
    return this.told.map(({ type }) => type);
  }

  of(type: string): Said | undefined {
    return this.told.find((said) => said.type === type);
  }

  /** An RTVI message in its protobuf frame. */
  rtvi(type: string, data: object = {}, id = "1"): void {
    const text = Buffer.from(JSON.stringify({ label: "rtvi-ai", type, id, data }));
    this.socket.send(field(4, field(1, text)));
  }

  /** Audio in its protobuf frame. */
  sound(samples: Int16Array, sampleRate = 16_000, channels = 1): void {
    const bytes = Buffer.from(samples.buffer);
    this.socket.send(
      field(2, Buffer.concat([field(3, bytes), Buffer.from([4 << 3]), varint(sampleRate), Buffer.from([5 << 3]), varint(channels)])),
    );
  }

  json(event: object): void {
    this.socket.send(JSON.stringify(event));
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      const event = JSON.parse(String(data)) as Said;
      if (/audio\.delta$/.test(event.type)) this.samples += Buffer.from(event["delta"] as string, "base64").length / 2;
      this.told.push(event);
      return;
    }
    const [kind, inner] = [data[0] as number, inside(data)];
    if (kind === (4 << 3) + 2) this.told.push(JSON.parse(String(inside(inner))) as Said);
    else this.samples += inside(inner).length / 2;
  }
}

const field = (number: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

/** The bytes of the first field, which has a length. */
function inside(data: Buffer): Buffer {
  let [at, length, shift] = [1, 0, 0];
  for (; ; shift += 7) {
    const byte = data[at++] as number;
    length |= (byte & 127) << shift;
    if (byte < 128) return data.subarray(at, at + length);
  }
}
