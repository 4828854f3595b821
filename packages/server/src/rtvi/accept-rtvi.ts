import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import type { CallerContext } from "../caller.ts";
import { ForeignCaller } from "../foreign/foreign-caller.ts";
import { SocketCarrier } from "../foreign/socket-carrier.ts";
import { TranslatedCarrier } from "../foreign/translated-carrier.ts";
import { RtviDialect } from "./rtvi-dialect.ts";
import { rtviWire } from "./rtvi-wire.ts";

/** Takes a client of Pipecat's WebSocket transport. */
export function acceptRtvi(socket: WebSocket, _request: IncomingMessage, context: CallerContext, address: string): void {
  const { kernels, clock, log } = context;
  const inner = new SocketCarrier(socket, { wire: rtviWire, kernels, clock, log });
  const carrier = new TranslatedCarrier(inner, (mouth) => new RtviDialect(mouth), { clock, resumeWindowMs: 0 });
  void new ForeignCaller(carrier, context, address, "rtvi");
}
