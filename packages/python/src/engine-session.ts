/** A live session for a Python program; the other end is `clients/python/src/remotemedia/_link.py`. */
import type { Socket } from "node:net";
import { errors, type Frame, type Pipeline, type Session, type TurnChange, type TurnTrace } from "@remotemedia/core";
import { describe, EngineOp, frameIn, sendFrame, sendJson } from "./engine-messages.ts";
import { jsonOf, type Message } from "./wire.ts";

/** Flag of `more`: the frame before was played. */
const wasPlayed = 8;

/** An output that the program reads: it is given one frame whenever it asks for one, so that nothing stale waits on the way. */
interface Reading {
  readonly frames: AsyncIterator<Frame>;
  last?: Frame;
}

/** One connection. When it breaks, the session is closed. */
export class EngineSession {
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  /** Names of inputs and readings of outputs, by the numbers that the program gave them. */
  readonly #ports = new Map<number, string>();
  readonly #readings = new Map<number, Reading>();
  #session: Session | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const cancel = (): void => this.#gone.abort();
    socket.on("close", cancel).on("end", () => {
      cancel();
      socket.end();
    });
  }

  /** Opens the session, and serves it until it has ended. What it gave to its end can still be read, until the program hangs up. */
  async serve(request: OpenRequest, call: number, pipelineOf: (request: PipelineRequest) => Promise<Pipeline>): Promise<void> {
    const { signal } = this.#gone;
    const { seed } = request;
    try {
      const pipeline = await pipelineOf(request);
      const session = await pipeline.open({ signal, ...(seed !== undefined && { seed }) });
      this.#session = session;
      session.onTurn((change) => sendJson(this.#socket, EngineOp.turn, changeOf(change)));
      const told = this.#tellErrors(session);
      sendJson(this.#socket, EngineOp.answer, {}, 0, call);
      const failure = await session.done.then(
        () => undefined,
        (thrown: unknown) => ({ failure: describe(thrown) }),
      );
      await session.close();
      await told;
      sendJson(this.#socket, EngineOp.done, { metrics: session.metrics(), ...failure });
    } catch (thrown) {
      sendJson(this.#socket, EngineOp.failed, describe(thrown), 0, call);
    }
  }

  /** A message that came after `open` was answered. */
  take(message: Message): void {
    const { op, flags, node, call, payload } = message;
    const session = this.#session;
    if (session === undefined) throw errors.usage({ message: "the session is not open yet" });
    if (op === EngineOp.port) this.#ports.set(node, String(jsonOf(payload)["name"]));
    else if (op === EngineOp.push) void this.#answer(call, () => session.push(frameIn(message), this.#ports.get(node)));
    else if (op === EngineOp.ask) void this.#answer(call, () => ask(session, jsonOf(payload) as unknown as Question));
    else if (op === EngineOp.read) void this.#answer(call, () => this.#read(session, node, jsonOf(payload)));
    else if (op === EngineOp.more) void this.#more(session, node, (flags & wasPlayed) !== 0);
    else if (op === EngineOp.leave) this.#leave(node);
  }

  /** The answer comes when the work is done: a push that has to wait for room holds the program back, and nothing else of the connection. */
  async #answer(call: number, work: () => unknown): Promise<void> {
    try {
      const value = await work();
      sendJson(this.#socket, EngineOp.answer, value === undefined ? {} : { value }, 0, call);
    } catch (thrown) {
      sendJson(this.#socket, EngineOp.failed, describe(thrown), 0, call);
    }
  }

  #read(session: Session, number: number, { output, tap }: { readonly output?: string; readonly tap?: string }): void {
    const frames = tap === undefined ? session.output(output, { borrow: true }) : session.tap(tap, { borrow: true });
    this.#readings.set(number, { frames });
  }

  async #more(session: Session, number: number, hasPlayed: boolean): Promise<void> {
    const reading = this.#readings.get(number);
    if (reading === undefined) return;
    if (hasPlayed && reading.last !== undefined) session.played(reading.last);
    for (;;) {
      const { done, value } = await reading.frames.next();
      if (done === true) return sendJson(this.#socket, EngineOp.over, {}, number);
      try {
        sendFrame(this.#socket, value, number);
        reading.last = value;
        return;
      } catch (thrown) {
        // What no message can carry; the next may be one that can.
        sendJson(this.#socket, EngineOp.error, { ...describe(thrown), count: 1 });
      }
    }
  }

  #leave(number: number): void {
    void this.#readings.get(number)?.frames.return?.();
    this.#readings.delete(number);
  }

  async #tellErrors(session: Session): Promise<void> {
    for await (const { error, count } of session.errors) sendJson(this.#socket, EngineOp.error, { ...describe(error), count });
  }
}

/** What opens a session. */
export interface PipelineRequest {
  readonly manifest: object;
  /** Where the program is. */
  readonly folder?: string;
}

export interface OpenRequest extends PipelineRequest {
  readonly seed?: number;
}

type Question =
  | { readonly what: "interrupt"; readonly reason?: string }
  | { readonly what: "configure"; readonly node: string; readonly params: Record<string, unknown> }
  | { readonly what: "hold" | "release" | "turns" | "metrics" | "close" };

function ask(session: Session, question: Question): unknown {
  switch (question.what) {
    case "interrupt":
      return session.interrupt(question.reason);
    case "hold":
      return session.hold();
    case "release":
      return session.release();
    case "configure":
      return session.configure(question.node, question.params);
    case "turns":
      return session.turns().map(traceOf);
    case "metrics":
      return session.metrics();
    case "close":
      return session.close();
  }
}

const changeOf = ({ type, turn, atUs, reason, heard }: TurnChange) => ({
  type,
  turn,
  at_us: atUs,
  ...(reason !== undefined && { reason }),
  ...(heard && { heard: { duration_us: heard.durationUs, text: heard.text ?? "" } }),
});

const traceOf = ({ turn, beganUs, events, transcripts, answers }: TurnTrace) => ({
  turn,
  began_us: beganUs,
  events: events.map(({ name, node, atUs, mediaUs }) => ({ name, node, at_us: atUs, media_us: mediaUs })),
  transcripts: mapped(transcripts, ({ text, atUs }) => ({ text, at_us: atUs })),
  answers: mapped(answers, ({ textUs, audioUs }) => ({ text_us: textUs, audio_us: audioUs })),
});

const mapped = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
