// @ts-check
import { routeProblem } from "./problems.js";
import { packetsReceived } from "./statistics.js";

/**
 * @typedef {object} ConnectionEvents
 * @property {(state: "connecting" | "live" | "reconnecting") => void} state
 * @property {(stream: MediaStream) => void} stream what comes back
 * @property {(text: string) => void} message from the pipeline
 * @property {(isOpen: boolean) => void} channel whether messages can be sent
 * @property {(problem: import("./problems.js").Problem) => void} failed given up
 */

/** How long an attempt may take to connect, and how often it is made. */
const attemptMs = 10_000;
const maxAttempts = 3;
/** After an ICE restart: how long the answer may take, and packets after it. */
const answerMs = 3000;
const silenceMs = 1000;
/** A connection that lasted so long was a good one: the attempts count anew. */
const stableMs = 5000;

/**
 * The media connection. It heals itself: first by an ICE restart, and if no packet comes within a second of it, by a new connection on the
 * same socket, which the server takes as the replacement: the session goes on.
 */
export class Connection {
  #stream;
  #send;
  #events;
  /** @type {RTCPeerConnection | undefined} */
  #peer;
  /** @type {RTCDataChannel | undefined} */
  #channel;
  /** Whose offers have no answer yet, oldest first. @type {RTCPeerConnection[]} */
  #offered = [];
  /** Connections that wait to be closed: the session ends with its last one, so the new one must be known to the server first. @type {RTCPeerConnection[]} */
  #replaced = [];
  /** Candidates that came before the answer. @type {RTCIceCandidateInit[]} */
  #early = [];
  #attempts = 0;
  #liveSinceMs = Number.POSITIVE_INFINITY;
  #isHealing = false;
  #hasBeenLive = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {MediaStream} stream what is sent
   * @param {(message: object) => void} send to the server
   * @param {ConnectionEvents} events
   */
  constructor(stream, send, events) {
    this.#stream = stream;
    this.#send = send;
    this.#events = events;
    this.#connect("connecting");
  }

  /** For statistics. */
  get peer() {
    return this.#peer;
  }

  /** The server hears nothing since an ICE restart, and asks for a new connection. False if there never was one. */
  stalled() {
    // Else the new one is on its way already.
    if (this.#isHealing) this.#connect("reconnecting");
    return this.#hasBeenLive;
  }

  /** What the server sends. @param {import("./signaling.js").Message} message */
  async receive(message) {
    if (message.type === "answer") await this.#answered(message["sdp"]);
    if (message.type === "ice-candidate") await this.#addCandidate(message["candidate"]);
  }

  /** Sends a text to the pipeline. @param {string} text */
  sendText(text) {
    this.#channel?.send(JSON.stringify({ type: "message", message: text, timestamp: Date.now() }));
  }

  /** A new connection in place of this one. */
  replace() {
    this.#attempts = 0;
    this.#connect("reconnecting");
  }

  close() {
    clearTimeout(this.#timer);
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.close();
    this.#leave();
  }

  #leave() {
    for (const peer of this.#replaced.splice(0)) peer.close();
  }

  /** @param {"connecting" | "reconnecting"} state */
  #connect(state) {
    clearTimeout(this.#timer);
    this.#isHealing = false;
    if (performance.now() - this.#liveSinceMs > stableMs) this.#attempts = 0;
    this.#liveSinceMs = Number.POSITIVE_INFINITY;
    if (++this.#attempts > maxAttempts) return void this.#events.failed(routeProblem());
    this.#events.state(state);
    this.#events.channel(false);
    if (this.#peer !== undefined) this.#replaced.push(this.#peer);
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    this.#early = [];
    this.#timer = setTimeout(() => this.#connect(state), attemptMs);
    peer.onnegotiationneeded = () => this.#offer(peer);
    peer.onicecandidate = ({ candidate }) => candidate && this.#send({ type: "ice-candidate", candidate: candidate.toJSON() });
    peer.ontrack = ({ streams }) => streams[0] && this.#events.stream(streams[0]);
    peer.onconnectionstatechange = () => this.#changed(peer);
    this.#openChannel(peer);
    for (const track of this.#stream.getTracks()) peer.addTrack(track, this.#stream);
  }

  /** @param {RTCPeerConnection} peer */
  #openChannel(peer) {
    const channel = peer.createDataChannel("messages");
    channel.onopen = () => this.#events.channel(true);
    channel.onmessage = ({ data }) => this.#events.message(String(data));
    this.#channel = channel;
  }

  /** @param {RTCPeerConnection} peer */
  async #offer(peer) {
    await peer.setLocalDescription();
    if (peer !== this.#peer) return;
    this.#offered.push(peer);
    this.#send({ type: "offer", sdp: peer.localDescription?.sdp });
  }

  /** @param {string} sdp */
  async #answered(sdp) {
    const peer = this.#offered.shift();
    // An answer to a connection that was replaced meanwhile.
    if (peer === undefined || peer !== this.#peer) return;
    await peer.setRemoteDescription({ type: "answer", sdp });
    this.#leave();
    for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #addCandidate(candidate) {
    const peer = this.#peer;
    if (peer?.remoteDescription == null) this.#early.push(candidate);
    // One that belongs to a replaced connection is refused, and no loss.
    else await peer.addIceCandidate(candidate).catch(() => {});
  }

  /** @param {RTCPeerConnection} peer */
  #changed(peer) {
    if (peer !== this.#peer) return;
    const state = peer.connectionState;
    if (state === "connected") this.#connected();
    else if (state === "disconnected" || state === "failed") void this.#heal(peer);
  }

  #connected() {
    clearTimeout(this.#timer);
    this.#hasBeenLive = true;
    this.#liveSinceMs = Math.min(this.#liveSinceMs, performance.now());
    this.#events.state("live");
  }

  /** @param {RTCPeerConnection} peer */
  async #heal(peer) {
    if (this.#isHealing) return;
    this.#isHealing = true;
    this.#events.state("reconnecting");
    peer.restartIce();
    const isAnswered = await until(() => peer !== this.#peer || this.#isAnswered(peer), answerMs);
    const before = await packetsReceived(peer);
    const flows = async () => peer !== this.#peer || (await packetsReceived(peer)) > before;
    const isHealed = isAnswered && (await until(flows, silenceMs));
    if (peer !== this.#peer) return;
    this.#isHealing = false;
    if (isHealed) this.#connected();
    else this.#connect("reconnecting");
  }

  /** @param {RTCPeerConnection} peer */
  #isAnswered(peer) {
    return peer.signalingState === "stable" && !this.#offered.includes(peer);
  }
}

/**
 * Looks ten times a second, first after 100 ms: until then a restart has made its offer.
 *
 * @param {() => boolean | Promise<boolean>} holds
 * @param {number} withinMs
 */
async function until(holds, withinMs) {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (await holds()) return true;
  }
  return false;
}
