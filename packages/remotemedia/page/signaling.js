// @ts-check
import { Problem, refusalProblem } from "./problems.js";

/** A message of the server; the fields depend on its type. @typedef {{ type?: string, [key: string]: any }} Message */

const openingMs = 5000;

/** The token of the page's address: `#token=…` or `?token=…`. */
const givenToken = () => new URLSearchParams(location.hash.slice(1)).get("token") ?? new URLSearchParams(location.search).get("token");

/** The pipeline, before anybody calls; undefined where the server does not show it. @returns {Promise<any>} */
export async function fetchPipeline() {
  const token = givenToken();
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch("pipeline", { headers }).catch(() => undefined);
  return response?.ok ? response.json() : undefined;
}

/** The address of the socket; the token goes along. */
function socketUrl() {
  const token = givenToken();
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  url.search = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  return url;
}

/**
 * Opens the socket over which offers, answers and candidates go, and the server's figures come.
 *
 * @param {{ message(message: Message): void, lost(): void }} events `lost`: it closed after it was open, and not by `close`.
 * @returns {Promise<{ send(message: object): void, close(): void }>} rejects with a `Problem`
 */
export async function openSignaling(events) {
  const socket = new WebSocket(socketUrl());
  /** What the server says before it closes is the best reason. @type {string} */
  let reason = "";
  const isOpen = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), openingMs);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.onclose = (event) => {
      clearTimeout(timer);
      reason = event.reason;
      resolve(false);
    };
  });
  if (!isOpen) {
    socket.close();
    throw reason === "" ? await refusalProblem() : new Problem({ title: "The server refused the connection", advice: reason });
  }
  socket.onmessage = ({ data }) => events.message(parse(data));
  socket.onclose = () => events.lost();
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close() {
      socket.onclose = null;
      socket.close();
    },
  };
}

/** @param {unknown} data @returns {Message} */
function parse(data) {
  try {
    const value = JSON.parse(String(data));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
