/** Nodes and frames that the tests of core are told with. */
import {
  type AudioFrame,
  type AudioInit,
  any,
  audio,
  audioFrame,
  defineNode,
  type Emission,
  type Frame,
  type NodeContext,
  type NodeExecutor,
  type NodeSpec,
  nodeFrom,
  type Output,
  type OutputPort,
  type Port,
  sameAs,
} from "@remotemedia/core";

/** 20 ms of one value at 16 kHz, at a place of the timeline. */
export const sound = (value: number, init: Partial<AudioInit> = {}): AudioFrame => {
  const sampleRate = init.sampleRate ?? 16_000;
  const numberOfChannels = init.numberOfChannels ?? 1;
  const data = init.data ?? new Float32Array((numberOfChannels * sampleRate) / 50).fill(value);
  return audioFrame({ ...init, sampleRate, numberOfChannels, data });
};

/** Sounds in a row, 20 ms each, whose values count up from `from`. */
export const sounds = (count: number, { from = 0, ...init }: Partial<AudioInit> & { from?: number } = {}): AudioFrame[] =>
  Array.from({ length: count }, (_, i) => sound(from + i, { timestamp: (init.timestamp ?? 0) + i * 20_000, ...omitTime(init) }));

const omitTime = ({ timestamp: _, ...rest }: Partial<AudioInit>) => rest;

/** What a frame says, in one value: the first sample, the text, the value, the name. */
export function said(frame: Frame): unknown {
  if (frame.kind === "text") return frame.text;
  if (frame.kind === "json") return frame.value;
  if (frame.kind === "event") return frame.name;
  return "data" in frame ? frame.data[0] : undefined;
}

export interface TestNode {
  readonly inputs?: Readonly<Record<string, Port>>;
  readonly outputs?: Readonly<Record<string, OutputPort>>;
  readonly answers?: boolean;
  readonly live?: boolean;
  readonly latencyUs?: number;
}

/** A node written for one test: ports `in` and `out` for everything unless it says otherwise. */
export function node(
  type: string,
  create: NodeExecutor | (() => NodeExecutor),
  declaration: TestNode = {},
): NodeSpec<string, string, string> {
  const isSource = typeof create !== "function" && create.produce !== undefined;
  const { inputs = isSource ? {} : { in: any() }, outputs = { out: any() } } = declaration;
  const factory = defineNode({
    type,
    ...declaration,
    inputs,
    outputs,
    create: () => (typeof create === "function" ? create() : create) as never,
  });
  return (factory as unknown as () => NodeSpec<string, string, string>)();
}

/** A source of these items. */
export const source = (
  type: string,
  items: () => Iterable<Emission> | AsyncIterable<Emission>,
  declaration: TestNode = {},
): NodeSpec<string, string, string> => node(type, { produce: () => items() }, { inputs: {}, ...declaration });

/** A sink that keeps what it gets, retained; nothing leaves it. */
export function sink(type = "sink"): { readonly spec: NodeSpec<string, string, string>; readonly got: Frame[] } {
  const got: Frame[] = [];
  const spec = node(type, { process: (frame) => void got.push(detach(frame)) }, { outputs: {} });
  return { spec, got };
}

const detach = (frame: Frame): Frame => frame.detached();

/** A node that answers at once, frame by frame: what it emits goes stale. */
export const answering = (type = "answer"): NodeSpec<string, string, string> =>
  node(type, { process: (frame, _port, out) => out.emit("out", frame) }, { answers: true });

/** Passes frames on, but only when the test lets it: each call waits until `open` is called. */
export class Gate {
  readonly spec: NodeSpec<string, string, string>;
  /** Frames that entered, as they were said. */
  readonly entered: unknown[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #waiting: (() => void)[] = [];
  context: NodeContext | undefined;

  constructor(type = "gate", declaration: TestNode & { readonly emits?: boolean } = {}) {
    const { emits = true, ...rest } = declaration;
    const process = async (frame: Frame, _port: string, out: Output): Promise<void> => {
      this.entered.push(said(frame));
      this.signals.push(out.signal);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (emits) await out.emit("out", frame);
    };
    this.spec = node(type, { start: (context) => void (this.context = context), process }, rest);
  }

  get waits(): number {
    return this.#waiting.length;
  }

  /** Lets `count` waiting calls go on. */
  open(count = Number.POSITIVE_INFINITY): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve();
  }
}

/** Converters as a host brings them, the simplest that there are: nearest samples and the first channel. */
export const resample = defineNode({
  type: "resample",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: { type: "object", properties: { sample_rate: { type: "integer" } }, required: ["sample_rate"] },
  ports: ({ sampleRate }) => ({ outputs: { out: sameAs("in", { sampleRate }) } }),
  latencyUs: 1_000,
  create: ({ sampleRate }) => {
    let stopped = false;
    return {
      process(frame, _port, out) {
        if (stopped) throw new Error("used after stop");
        const numberOfFrames = Math.round((frame.numberOfFrames * sampleRate) / frame.sampleRate);
        const made = out.audio({ numberOfFrames, sampleRate });
        for (let i = 0; i < made.data.length; i++)
          made.data[i] = frame.data[Math.floor((i * frame.data.length) / made.data.length)] as number;
        return out.emit("out", made);
      },
      stop() {
        stopped = true;
      },
    };
  },
});

export const remix = defineNode({
  type: "remix",
  inputs: { in: audio("f32-planar") },
  outputs: { out: sameAs("in") },
  params: { type: "object", properties: { channels: { type: "integer" } }, required: ["channels"] },
  ports: ({ channels }) => ({ outputs: { out: sameAs("in", { numberOfChannels: channels }) } }),
  create: ({ channels }) => ({
    process(frame, _port, out) {
      const made = out.audio({ numberOfFrames: frame.numberOfFrames, numberOfChannels: channels });
      for (let i = 0; i < made.data.length; i++) made.data[i] = frame.data[i % frame.numberOfFrames] as number;
      return out.emit("out", made);
    },
  }),
});

export const formatConvert = defineNode({
  type: "format-convert",
  inputs: { in: audio() },
  outputs: { out: audio() },
  params: { type: "object", properties: { format: { enum: ["f32-planar", "s16"] } }, required: ["format"] },
  create: ({ format }) => ({
    process(frame, _port, out) {
      const scale = frame.data instanceof Int16Array ? 1 / 32_768 : 1;
      const made = out.audio({ numberOfFrames: frame.numberOfFrames, format: format as "f32-planar" });
      for (let i = 0; i < made.data.length; i++) made.data[i] = (frame.data[i] as number) * scale * (format === "s16" ? 32_768 : 1);
      return out.emit("out", made);
    },
  }),
});

export const converters = [resample, remix, formatConvert] as const;

/** Ends at once what would wait for ever. */
export const never = (): Promise<never> => new Promise(() => undefined);

export { nodeFrom };
