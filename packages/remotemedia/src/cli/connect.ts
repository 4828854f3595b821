import type { LinkEvents } from "@remotemedia/core";
import { optionalPackage } from "../optional-nodes.ts";
import { reportOf, tellPeople } from "./call-report.ts";
import { Cancellation } from "./cancellation.ts";
import { defineCommand } from "./command.ts";
import { parseDurationMs } from "./duration.ts";
import { hostFor } from "./host.ts";
import { fileToSend, talk } from "./live-call.ts";
import { LiveEar } from "./live-ear.ts";
import { Result } from "./results.ts";
import { note, printLine } from "./terminal.ts";

/** `remotemedia connect` */
export const connect = defineCommand({
  usage: "URL [-i FILE] [-o FILE] [options]",
  description:
    "Talks to a server without a page: sends a WAV file in real time (one channel), records what comes back, prints text and JSON that come, and " +
    "measures. The delay is that of a chirp which is sent before the file.",
  operands: [1, 1],
  options: {
    input: { type: "string", short: "i", value: "FILE", help: "WAV file to send" },
    output: { type: "string", short: "o", value: "FILE", help: "WAV file to record to, from the moment when the file is sent" },
    token: { type: "string", value: "TOKEN", help: "For a server that wants one; also REMOTEMEDIA_TOKEN" },
    tail: { type: "string", value: "TIME", help: "Listen on after the file for this and the delay (default: 1s)" },
    "no-chirp": { type: "boolean", help: "Send the file only; the delay is not measured" },
    "ice-server": { type: "string", multiple: true, value: "URL", help: "stun:HOST or turn:USER:PASSWORD@HOST; also REMOTEMEDIA_TURN_URL" },
    timeout: { type: "string", value: "TIME", help: "Give up connecting after (default: 15s)" },
  },
  examples: [
    "remotemedia connect http://localhost:8080 -i in.wav -o out.wav",
    "remotemedia connect http://localhost:8080 --json",
    'remotemedia connect wss://example.com/ws --token "$TOKEN" -i question.wav -o answer.wav --no-chirp --tail 10s',
  ],
  async run({ options, operands }) {
    const { connectWebRtc, iceServersFrom } = await optionalPackage(
      "@remotemedia/transport-webrtc",
      () => import("@remotemedia/transport-webrtc"),
    );
    const { input, output, token = process.env["REMOTEMEDIA_TOKEN"], json: asJson = false, quiet = false } = options;
    const tailMs = parseDurationMs(options.tail ?? "1s");
    const timeoutMs = parseDurationMs(options.timeout ?? "15s");
    const iceServers = iceServersFrom({
      REMOTEMEDIA_TURN_URL: [...(options["ice-server"] ?? []), process.env["REMOTEMEDIA_TURN_URL"]].join(" "),
    });
    using cancellation = new Cancellation();
    const { signal } = cancellation;
    const host = hostFor(options);
    // A file that cannot be read is told before anybody is called.
    const file = input === undefined ? undefined : await fileToSend(input, host);
    const messages = new Result("server", { print: !asJson });
    const ear = new LiveEar(host.clock);
    const events: LinkEvents = {
      message: (frame) => messages.take(frame),
      media: (frame) => (frame.kind === "audio" ? ear.take(frame) : frame.release()),
    };
    const access = token === undefined || token === "" ? {} : { token };
    const client = await unlessInterrupted(cancellation, () =>
      connectWebRtc(operands[0] as string, events, { ...access, log: host.log, timeoutMs, iceServers, statsEveryMs: 500, signal }),
    );
    if (client === undefined) return cancellation.exitCode;
    const outcome = await talk({ client, ear, signal, host, tailMs, file, output, chirps: options["no-chirp"] !== true });
    const report = reportOf(client, outcome);
    if (!asJson && !quiet && (outcome.error === undefined || ear.heard > 0)) tellPeople(report);
    if (cancellation.exitCode !== undefined && !quiet) note("interrupted: what was recorded so far can be read");
    if (outcome.error !== undefined) throw outcome.error;
    if (asJson) printLine(JSON.stringify({ status: "success", ...report, messages: messages.values.map(({ value }) => value) }));
    return cancellation.exitCode;
  },
});

/** What the work gives, or undefined when a signal ended it. */
async function unlessInterrupted<T>({ signal }: Cancellation, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return undefined;
  }
}
