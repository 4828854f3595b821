import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { errors, type Log } from "@remotemedia/core";
import type { RunningServer, ServerOptions } from "@remotemedia/server";
import { demoPage } from "../demo-page.ts";
import { optionalPackage } from "../optional-nodes.ts";
import { defineCommand, type Options, type Values } from "./command.ts";
import { parseDurationMs } from "./duration.ts";
import { hostFor } from "./host.ts";
import { pipelineOptions, prepare } from "./prepare.ts";
import { note, printLine } from "./terminal.ts";

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
type LogLevel = (typeof logLevels)[number];

const serveOptions = {
  port: { type: "string", value: "N", help: "Default: SERVER_PORT, else 8080; 0 takes a free one" },
  host: { type: "string", value: "NAME", help: "Where to listen. Default: SERVER_HOST, else 127.0.0.1; others than loopback want a token" },
  page: { type: "string", value: "DIR", help: "Files for / (default: a page to talk to the pipeline)" },
  "allow-origin": { type: "string", multiple: true, value: "ORIGIN", help: "Pages from elsewhere that may connect: https://example.com" },
  token: {
    type: "string",
    multiple: true,
    value: "TOKEN[@END]",
    help: "Who connects needs one of them; also REMOTEMEDIA_TOKENS, with commas",
  },
  "allow-anonymous": { type: "boolean", help: "Let everybody in who can reach it" },
  "allow-private-candidates": { type: "boolean", help: "Let clients from elsewhere name addresses in private networks" },
  "tls-cert": { type: "string", value: "FILE", help: "Certificate (PEM), for https and wss" },
  "tls-key": { type: "string", value: "FILE", help: "Its key (PEM)" },
  "ice-server": { type: "string", multiple: true, value: "URL", help: "stun:HOST or turn:USER:PASSWORD@HOST; also REMOTEMEDIA_TURN_URL" },
  "max-sessions": { type: "string", value: "N", help: "At a time (default: 100)" },
  "max-sessions-per-address": { type: "string", value: "N", help: "At a time, not on loopback (default: 16)" },
  "idle-timeout": { type: "string", value: "TIME", help: "Close a session whose client sends nothing for (default: 5m)" },
  "drain-timeout": { type: "string", value: "TIME", help: "After SIGTERM or SIGINT, let sessions finish for (default: 30s)" },
  "log-level": { type: "string", value: logLevels.join("|"), help: "Default: info, on a terminal warn" },
  params: pipelineOptions.params,
} as const satisfies Options;

type ServeValues = Values<typeof serveOptions>;

/** `remotemedia serve` */
export const serve = defineCommand({
  usage: "MANIFEST|'LAUNCH LINE' [options]",
  description:
    "Puts a pipeline behind a web page: each connection gets a session of its own. Ends on SIGTERM or SIGINT when the last session has.",
  operands: [1, 1],
  options: serveOptions,
  examples: [
    "remotemedia serve pipeline.json",
    "remotemedia serve 'resample sample_rate=16000 ! vad ! delay delay_ms=500' --port 9000",
    "remotemedia serve pipeline.json --page ./site --allow-origin https://example.com",
    'remotemedia serve pipeline.json --host 0.0.0.0 --token "$TOKEN" --tls-cert cert.pem --tls-key key.pem',
  ],
  async run({ options, operands }) {
    const { serve, jsonLog, iceServersFrom } = await optionalPackage("@remotemedia/server", () => import("@remotemedia/server"));
    const drainMs = parseDurationMs(options["drain-timeout"] ?? "30s");
    const log = logFor(levelOf(options), jsonLog);
    const host = { ...hostFor(options), log };
    const { manifest } = await prepare(operands[0] as string, { params: options.params }, { host, installs: true });
    const iceServers = iceServersFrom({
      REMOTEMEDIA_TURN_URL: [...(options["ice-server"] ?? []), process.env["REMOTEMEDIA_TURN_URL"]].join(" "),
    });
    const server = await serve({ manifest, host, log, iceServers, ...placeOf(options), ...policyOf(options) });
    const name = manifest.metadata?.name || basename(operands[0] as string, ".json");
    printLine(options.json === true ? JSON.stringify({ status: "serving", name, url: server.url }) : `Serving "${name}" on ${server.url}`);
    // What goes wrong deep in one connection must not end the sessions of all others.
    process.on("uncaughtException", (error) => log.error("an error that nobody caught", { error: error.stack }));
    process.on("unhandledRejection", (error) => log.error("a rejection that nobody caught", { error: String(error) }));
    await ended(server, drainMs);
    return undefined;
  },
});

/** The first signal lets sessions finish, the second ends the process. */
function ended(server: RunningServer, drainMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDraining = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isDraining) process.exit(signal === "SIGINT" ? 130 : 143);
      isDraining = true;
      if (process.stderr.isTTY) note("letting sessions finish; once more ends at once");
      server.drain(drainMs).then(resolve, reject);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}

function placeOf(options: ServeValues): Pick<ServerOptions, "port" | "hostname" | "page" | "tls"> {
  const { SERVER_HOST, SERVER_PORT } = process.env;
  if (options.page !== undefined && !statSync(options.page, { throwIfNoEntry: false })?.isDirectory())
    throw errors.usage({ message: `--page: there is no folder ${options.page}`, fix: "Name a folder with an index.html." });
  const { "tls-cert": cert, "tls-key": key } = options;
  if ((cert === undefined) !== (key === undefined)) throw errors.usage({ message: "--tls-cert and --tls-key belong together" });
  return {
    port: whole("--port", options.port ?? (SERVER_PORT || "8080"), 0, 65_535),
    hostname: options.host ?? (SERVER_HOST || "127.0.0.1"),
    page: options.page ?? demoPage(),
    ...(cert !== undefined && key !== undefined && { tls: { cert: pem(cert), key: pem(key) } }),
  };
}

function policyOf(
  options: ServeValues,
): Pick<ServerOptions, "allowOrigins" | "tokens" | "allowAnonymous" | "allowPrivateCandidates" | "limits"> {
  const fromEnvironment = (process.env["REMOTEMEDIA_TOKENS"] ?? "").split(",").filter((token) => token !== "");
  const { "max-sessions": sessions, "max-sessions-per-address": perAddress, "idle-timeout": idle } = options;
  return {
    allowOrigins: options["allow-origin"] ?? [],
    tokens: [...(options.token ?? []), ...fromEnvironment],
    allowAnonymous: options["allow-anonymous"] ?? false,
    allowPrivateCandidates: options["allow-private-candidates"] ?? false,
    limits: {
      ...(sessions !== undefined && { sessions: whole("--max-sessions", sessions, 1) }),
      ...(perAddress !== undefined && { sessionsPerAddress: whole("--max-sessions-per-address", perAddress, 1) }),
      ...(idle !== undefined && { idleMs: parseDurationMs(idle) }),
    },
  };
}

function levelOf({ "log-level": level, quiet, verbose }: { "log-level"?: string; quiet?: boolean; verbose?: boolean }): LogLevel {
  if (level === undefined) return quiet === true ? "error" : verbose === true ? "debug" : process.stderr.isTTY ? "warn" : "info";
  const known = logLevels.find((candidate) => candidate === level);
  if (known !== undefined) return known;
  throw errors.usage({ message: `--log-level does not know "${level}"`, expected: logLevels.join(", ") });
}

/** Lines for people on a terminal, else JSON for what collects logs. */
function logFor(least: LogLevel, jsonLog: (level: LogLevel) => Log): Log {
  if (!process.stderr.isTTY) return jsonLog(least);
  const write = (level: keyof Log): Log["info"] =>
    logLevels.indexOf(level) < logLevels.indexOf(least)
      ? () => undefined
      : (message, details) => note(`${level}: ${message}${details === undefined ? "" : ` ${JSON.stringify(details)}`}`);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function whole(option: string, text: string, least: number, most = 1_000_000): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw errors.usage({ message: `${option}: "${text}" is not possible`, expected: `a whole number from ${least} to ${most}` });
}

function pem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw errors.ioFailed({ message: `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  }
}
