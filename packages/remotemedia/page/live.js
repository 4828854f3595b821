// @ts-check
import { createSilence, createTestSound, openMicrophone } from "./audio-source.js";
import { Connection } from "./connection.js";
import { Probe } from "./probe.js";
import { Problem, removedProblem, serverProblem } from "./problems.js";
import { openSignaling } from "./signaling.js";

/** Pauses before the socket is opened again. */
const backoffMs = [500, 1000, 2000, 4000, 8000];
const figuresMs = 500;

/**
 * @typedef {object} LiveEvents
 * @property {(state: "connecting" | "live" | "reconnecting") => void} state
 * @property {(problem: Problem) => void} failed it has stopped
 * @property {(stream: MediaStream) => void} stream what comes back, to be played
 * @property {(text: string) => void} message
 * @property {(isOpen: boolean) => void} channel
 * @property {(pipeline: any) => void} pipeline
 * @property {(change: any, trace: any) => void} turn something has happened to it
 * @property {(metrics: any, link: any) => void} metrics
 */

/** From Start to Stop: what is sent, the socket, and the connection; a lost socket is opened again. */
export class Live {
  #events;
  #context = new AudioContext();
  /** @type {MediaStream | undefined} */
  #stream;
  /** @type {Awaited<ReturnType<typeof openSignaling>> | undefined} */
  #signaling;
  /** @type {Connection | undefined} */
  #connection;
  #isStopped = false;
  /** How often the socket was opened again since there was media. */
  #retries = 0;
  /** What goes in and what comes back. @type {Probe | undefined} */
  input;
  /** @type {Probe | undefined} */
  output;

  /** Made by a click: else browsers play nothing. @param {LiveEvents} events */
  constructor(events) {
    this.#events = events;
  }

  /** @returns {RTCPeerConnection | undefined} */
  get peer() {
    return this.#connection?.peer;
  }

  /** @param {string} source `microphone`, `test` or `none` */
  async start(source) {
    this.#events.state("connecting");
    try {
      this.#stream = await this.#open(source);
      if (this.#isStopped) return this.#release();
      await this.#context.resume();
      this.input = new Probe(this.#context, this.#stream);
      for (const track of this.#stream.getTracks()) track.onended = () => this.#fail(removedProblem());
      await this.#connect();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {string} text */
  sendText(text) {
    this.#connection?.sendText(text);
  }

  /** A new connection on the same socket. */
  reconnect() {
    this.#connection?.replace();
  }

  stop() {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#connection?.close();
    this.#signaling?.send({ type: "close" });
    this.#signaling?.close();
    this.#release();
  }

  #release() {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    if (this.#context.state !== "closed") void this.#context.close();
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#isStopped) return;
    this.stop();
    const unknown = () => new Problem({ title: "Something went wrong", advice: "Try again.", detail: String(error) });
    this.#events.failed(error instanceof Problem ? error : unknown());
  }

  /** @param {string} source @returns {MediaStream | Promise<MediaStream>} */
  #open(source) {
    if (source === "microphone") return openMicrophone();
    return source === "test" ? createTestSound(this.#context) : createSilence(this.#context);
  }

  async #connect() {
    const signaling = await openSignaling({ message: (message) => this.#receive(message), lost: () => void this.#lost() });
    if (this.#isStopped || this.#stream === undefined) return signaling.close();
    this.#signaling = signaling;
    signaling.send({ type: "subscribe", interval_ms: figuresMs });
    this.#connection = new Connection(this.#stream, signaling.send, {
      ...this.#events,
      state: (state) => this.#changed(state),
      stream: (stream) => this.#hear(stream),
      failed: (problem) => this.#fail(problem),
    });
  }

  /** @param {"connecting" | "live" | "reconnecting"} state */
  #changed(state) {
    if (state === "live") this.#retries = 0;
    this.#events.state(state);
  }

  /** @param {MediaStream} stream */
  #hear(stream) {
    this.output?.close();
    this.output = new Probe(this.#context, stream);
    this.#events.stream(stream);
  }

  /** @param {import("./signaling.js").Message} message */
  #receive(message) {
    if (message.type === "pipeline") this.#events.pipeline(message);
    else if (message.type === "turn") this.#events.turn(message["change"], message["trace"]);
    else if (message.type === "metrics") this.#events.metrics(message["metrics"], message["link"]);
    else if (message.type === "error") this.#refused(message);
    else this.#connection?.receive(message).catch((error) => this.#fail(error));
  }

  /** @param {import("./signaling.js").Message} message */
  #refused({ message, code }) {
    // The server goes, and closes the socket: perhaps another comes in its place.
    if (code === "cancelled") return;
    const isStalled = code === "transport-failed" && this.#connection?.stalled() === true;
    if (!isStalled) this.#fail(serverProblem(message, code));
  }

  /** The socket is the session: with it the connection has gone. */
  async #lost() {
    this.#connection?.close();
    this.#connection = undefined;
    this.#events.state("reconnecting");
    this.#events.channel(false);
    /** @type {unknown} */
    let error = new Problem({ title: "The server does not answer", advice: "See whether it runs, then try again." });
    while (this.#retries < backoffMs.length) {
      await new Promise((resolve) => setTimeout(resolve, backoffMs[this.#retries++]));
      if (this.#isStopped) return;
      try {
        return await this.#connect();
      } catch (thrown) {
        error = thrown;
      }
    }
    this.#fail(error);
  }
}
