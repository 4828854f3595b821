/**
 * What is taken of a peer's session description. werift gets a description written anew that holds only what was understood: one audio line
 * with Opus, one video line with one codec, one line of data channels, all in one bundle. The other lines are answered with port 0, in the
 * order of the offer (RFC 3264, section 6).
 */
import { errors, type RemoteMediaError } from "@remotemedia/core";
import { composeAnswer } from "./sdp-answer.ts";
import { mediaLines, type PlannedMedia, pickMedia, rtpProfile } from "./sdp-media.ts";
import { attributes, joinLines, parseSdp, type Section, type SessionText } from "./sdp-text.ts";

/** A description that was looked at. */
export interface SdpPlan {
  /** For werift. */
  readonly text: string;
  readonly audio?: PlannedMedia;
  readonly video?: PlannedMedia;
  /** The line that carries the transport of the bundle. */
  readonly transport: { readonly mid: string; readonly index: number; readonly ufrag: string };
  /** Candidate lines that stood in the description. */
  readonly candidates: readonly string[];
  /** Puts werift's answer and the rejected lines together in the order of the offer. */
  answer(accepted: string, opusFormat: string): string;
}

type Transport = SdpPlan["transport"] & { readonly lines: readonly string[] };

interface Accepted {
  readonly section: Section;
  readonly mid: string;
  readonly index: number;
  readonly media?: PlannedMedia;
  readonly lines: readonly string[];
}

const dataProfiles: ReadonlySet<string> = new Set(["UDP/DTLS/SCTP", "TCP/DTLS/SCTP"]);

const refuse = (message: string, fix?: string): RemoteMediaError => errors.mediaIncompatible({ message, fix });

/**
 * Looks at an offer or an answer.
 *
 * @throws `media-incompatible` for an unencrypted peer, or when no line can be used; `limit-exceeded` for one that is too long.
 */
export function planSdp(sdp: unknown): SdpPlan {
  const text = parseSdp(sdp);
  refuseUnencrypted(text);
  const accepted = bundled(
    text,
    text.sections.flatMap((section, index) => accept(section, index) ?? []),
  );
  const transport = transportOf(text, accepted);
  const indexes = accepted.map(({ index }) => index);
  const [audio, video] = ["audio", "video"].map((kind) => accepted.find(({ section }) => section.kind === kind)?.media);
  return {
    text: rewritten(text, accepted, transport),
    ...(audio && { audio }),
    ...(video && { video }),
    transport,
    candidates: text.sections.flatMap(({ lines }) => attributes(lines, "candidate")),
    answer: (answered, opusFormat) => composeAnswer(text, indexes, answered, audio, opusFormat),
  };
}

function refuseUnencrypted({ head, sections }: SessionText): void {
  const open = sections.find(({ profile, port }) => /^RTP\/(AVPF?|SAVPF?)$/.test(profile) && port !== 0);
  if (open !== undefined) throw refuse(`media over ${open.profile} are not keyed by DTLS`, "Use WebRTC with DTLS-SRTP.");
  if (![head, ...sections.map(({ lines }) => lines)].some((lines) => attributes(lines, "fingerprint").length > 0)) {
    throw refuse("the session description has no fingerprint: unencrypted peers are refused", "Use WebRTC with DTLS-SRTP.");
  }
}

/** The line as it is used, or nothing if it is to be rejected. */
function accept(section: Section, index: number): Accepted | undefined {
  const mid = attributes(section.lines, "mid")[0];
  const isRejected = section.port === 0 && attributes(section.lines, "bundle-only").length === 0;
  if (isRejected || mid === undefined || !/^[\w.+-]{1,16}$/.test(mid)) return undefined;
  if (section.kind === "application") return acceptData(section, index, mid);
  if (section.profile !== rtpProfile || attributes(section.lines, "rtcp-mux").length === 0) return undefined;
  const media = pickMedia(section);
  return media === undefined ? undefined : { section, index, mid, media, lines: mediaLines(section, media) };
}

function acceptData(section: Section, index: number, mid: string): Accepted | undefined {
  const port = attributes(section.lines, "sctp-port")[0];
  if (!dataProfiles.has(section.profile) || port === undefined || !/^\d{1,5}$/.test(port)) return undefined;
  const size = attributes(section.lines, "max-message-size")[0];
  const known = size !== undefined && /^\d{1,10}$/.test(size) ? [`a=max-message-size:${size}`] : [];
  return { section, index, mid, lines: [`m=application 9 ${section.profile} webrtc-datachannel`, `a=sctp-port:${port}`, ...known] };
}

/** One line of each kind, all in one bundle. */
function bundled({ head }: SessionText, candidates: readonly Accepted[]): readonly Accepted[] {
  const firsts = candidates.filter(({ section }, index) => candidates.findIndex((other) => other.section.kind === section.kind) === index);
  const distinct = firsts.filter(({ mid }, index) => firsts.findIndex((other) => other.mid === mid) === index);
  const [, ...group] =
    attributes(head, "group")
      .find((value) => value.startsWith("BUNDLE "))
      ?.split(" ") ?? [];
  const together = distinct.filter(({ mid }) => group.includes(mid));
  const accepted = together.length > 0 ? together : distinct.slice(0, 1);
  if (accepted.length === 0) {
    throw refuse(
      "no line of the session description can be answered",
      "Offer audio with opus/48000/2, or a data channel, each with a=mid and a=rtcp-mux.",
    );
  }
  return accepted;
}

function transportOf({ head }: SessionText, accepted: readonly Accepted[]): Transport {
  const { mid, index, section } = accepted[0]!;
  const value = (name: string, pattern: RegExp): string | undefined =>
    [...attributes(section.lines, name), ...attributes(head, name)].find((candidate) => pattern.test(candidate));
  const ufrag = value("ice-ufrag", /^[A-Za-z0-9+/]{4,256}$/);
  const password = value("ice-pwd", /^[A-Za-z0-9+/]{22,256}$/);
  if (ufrag === undefined || password === undefined) throw refuse("the session description has no ICE user fragment and password");
  const fingerprints = [section.lines, head].flatMap((lines) => attributes(lines, "fingerprint"));
  const strong = fingerprints.filter((line) => /^sha-(256|384|512) ([0-9a-f]{2}:){31,63}[0-9a-f]{2}$/i.test(line)).slice(0, 4);
  if (strong.length === 0) throw refuse("the session description has no fingerprint that can be trusted (sha-256 and above)");
  const setup = value("setup", /^(actpass|active|passive)$/) ?? "actpass";
  const lines = [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    ...attributes(head, "ice-lite").map(() => "a=ice-lite"),
    ...strong.map((line) => `a=fingerprint:${line}`),
    `a=setup:${setup}`,
  ];
  return { mid, index, ufrag, lines };
}

function rewritten({ head }: SessionText, accepted: readonly Accepted[], transport: Transport): string {
  const origin = head.find((line) => /^o=\S+ \d{1,20} \d{1,20} IN IP[46] \S+$/.test(line)) ?? "o=- 0 0 IN IP4 0.0.0.0";
  const group = `a=group:BUNDLE ${accepted.map(({ mid }) => mid).join(" ")}`;
  const sections = accepted.flatMap(({ mid, lines: [line, ...rest] }) => [
    line!,
    "c=IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    ...transport.lines,
    ...rest,
  ]);
  return joinLines(["v=0", origin, "s=-", "t=0 0", group, ...sections]);
}
