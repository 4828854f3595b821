/**
 * What is taken of a peer's session description. werift gets a description written anew that holds only what was understood: one audio line
 * with Opus, one video line with one codec, one line of data channels, all in one bundle. The other lines are answered with port 0, in the
 * order of the offer (RFC 3264, section 6).
 */
import { errors, type RemoteMediaError } from "@remotemedia/core";
import { attributes, joinLines, parseSdp, type Section, type SessionText } from "./sdp-text.ts";
import { videoPayloads } from "./video/video-payload.ts";

/** A media line that is used. */
export interface PlannedMedia {
  readonly mid: string;
  readonly payloadType: number;
  /** As `a=rtpmap` says: `opus`, `VP8` … */
  readonly codec: string;
}

/** A description that was looked at. */
export interface SdpPlan {
  /** For werift. */
  readonly text: string;
  readonly audio?: PlannedMedia;
  readonly video?: PlannedMedia;
  /** The mid of the data channels. */
  readonly data?: string;
  /** The line that carries the transport of the bundle. */
  readonly transport: { readonly mid: string; readonly index: number; readonly ufrag: string };
  /** Candidate lines that stood in the description. */
  readonly candidates: readonly string[];
  /** Puts werift's answer and the rejected lines together in the order of the offer. */
  answer(accepted: string, opusFormat: string): string;
}

interface Transport {
  readonly mid: string;
  readonly index: number;
  readonly ufrag: string;
  readonly lines: readonly string[];
}

interface Accepted {
  readonly section: Section;
  readonly mid: string;
  readonly index: number;
  readonly media?: PlannedMedia;
  readonly lines: readonly string[];
}

const rtpProfile = "UDP/TLS/RTP/SAVPF";
const dataProfiles: ReadonlySet<string> = new Set(["UDP/DTLS/SCTP", "TCP/DTLS/SCTP"]);
const transportWideCc = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

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
  const of = (kind: string): PlannedMedia | undefined => accepted.find(({ section }) => section.kind === kind)?.media;
  const [audio, video] = [of("audio"), of("video")];
  const data = accepted.find(({ section }) => section.kind === "application")?.mid;
  return {
    text: rewritten(text, accepted, transport),
    ...(audio && { audio }),
    ...(video && { video }),
    ...(data !== undefined && { data }),
    transport,
    candidates: text.sections.flatMap(({ lines }) => attributes(lines, "candidate")),
    answer: (answered, opusFormat) => answer(text, accepted, answered, audio, opusFormat),
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
  const media =
    section.kind === "audio" ? pickCodec(section, mid, isOpus) : section.kind === "video" ? pickCodec(section, mid, isVideo) : undefined;
  return media === undefined ? undefined : { section, index, mid, media, lines: mediaLines(section, media) };
}

function acceptData(section: Section, index: number, mid: string): Accepted | undefined {
  const port = attributes(section.lines, "sctp-port")[0];
  if (!dataProfiles.has(section.profile) || port === undefined || !/^\d{1,5}$/.test(port)) return undefined;
  const size = attributes(section.lines, "max-message-size")[0];
  const known = size !== undefined && /^\d{1,10}$/.test(size) ? [`a=max-message-size:${size}`] : [];
  return { section, index, mid, lines: [`m=application 9 ${section.profile} webrtc-datachannel`, `a=sctp-port:${port}`, ...known] };
}

const isOpus = (codec: string): boolean => /^opus\/48000\/2$/i.test(codec);
const isVideo = (codec: string, format: string): boolean =>
  codec.endsWith("/90000") &&
  Object.hasOwn(videoPayloads, codec.split("/")[0]!.toLowerCase()) &&
  (!/^H264/i.test(codec) || /packetization-mode=1/.test(format));

/** What an attribute says of a payload type: `111 opus/48000/2` → `opus/48000/2`. */
const ofPayload = (section: Section, name: string, payloadType: string): string =>
  attributes(section.lines, name)
    .find((value) => value.startsWith(`${payloadType} `))
    ?.slice(payloadType.length + 1) ?? "";

/** The first codec of the line that can be used, in the peer's order of preference. */
function pickCodec(section: Section, mid: string, fits: (codec: string, format: string) => boolean): PlannedMedia | undefined {
  const payloadType = section.formats.find(
    (format) => /^\d{1,3}$/.test(format) && fits(ofPayload(section, "rtpmap", format), ofPayload(section, "fmtp", format)),
  );
  if (payloadType === undefined) return undefined;
  return { mid, payloadType: Number(payloadType), codec: ofPayload(section, "rtpmap", payloadType).split("/")[0]! };
}

function mediaLines(section: Section, { payloadType }: PlannedMedia): readonly string[] {
  const isVideoLine = section.kind === "video";
  const repair = isVideoLine
    ? section.formats.find((format) => new RegExp(`(^|;)apt=${payloadType}(;|$)`).test(ofPayload(section, "fmtp", format)))
    : undefined;
  const formats = [`${payloadType}`, ...(repair !== undefined && /^\d{1,3}$/.test(repair) ? [repair] : [])];
  const direction = ["sendrecv", "sendonly", "recvonly", "inactive"].find((name) => attributes(section.lines, name).length > 0);
  return [
    `m=${section.kind} 9 ${rtpProfile} ${formats.join(" ")}`,
    `a=${direction ?? "sendrecv"}`,
    "a=rtcp-mux",
    ...attributes(section.lines, "msid")
      .filter((value) => /^[\x21-\x7e]{1,128}( [\x21-\x7e]{1,128})?$/.test(value))
      .slice(0, 1)
      .map((value) => `a=msid:${value}`),
    ...sourceLines(section),
    ...formats.flatMap((format) => codecLines(section, format, isVideoLine)),
  ];
}

function codecLines(section: Section, format: string, isVideoLine: boolean): readonly string[] {
  const parameters = ofPayload(section, "fmtp", format);
  const extension = isVideoLine
    ? attributes(section.lines, "extmap").find((value) => new RegExp(`^\\d{1,2}(/\\w+)? ${transportWideCc}$`).test(value))
    : undefined;
  // Feedback that werift gives or understands; transport-cc is of use only with its header extension.
  const isKnown = (feedback: string): boolean =>
    ["nack", "nack pli", "goog-remb"].includes(feedback) || (feedback === "transport-cc" && extension !== undefined);
  const feedbacks = attributes(section.lines, "rtcp-fb").flatMap((value) => {
    const [, payload, feedback] = /^(\d{1,3}|\*) (.{1,64})$/.exec(value) ?? [];
    return feedback !== undefined && (payload === format || payload === "*") && isKnown(feedback)
      ? [`a=rtcp-fb:${format} ${feedback}`]
      : [];
  });
  return [
    `a=rtpmap:${format} ${ofPayload(section, "rtpmap", format)}`,
    ...feedbacks,
    ...(/^[\x20-\x7e]{1,256}$/.test(parameters) ? [`a=fmtp:${format} ${parameters}`] : []),
    ...(extension !== undefined && ofPayload(section, "rtpmap", format).toLowerCase() !== "rtx/90000" ? [`a=extmap:${extension}`] : []),
  ];
}

/** The sender's numbers: its first stream, and what repairs it. Layers of simulcast are not asked for. */
function sourceLines({ lines }: Section): readonly string[] {
  const all = attributes(lines, "ssrc").map((value) => /^\d{1,10}(?= )/.exec(value)?.[0]);
  const pair = attributes(lines, "ssrc-group")
    .map((value) => /^FID (\d{1,10}) (\d{1,10})$/.exec(value))
    .find((match) => match !== null);
  const sources = pair === undefined || pair === null ? all.slice(0, 1) : [pair[1], pair[2]];
  const known = sources.filter((source) => source !== undefined && Number(source) < 2 ** 32);
  return [...(known.length === 2 ? [`a=ssrc-group:FID ${known.join(" ")}`] : []), ...known.map((source) => `a=ssrc:${source} cname:peer`)];
}

/** One line of each kind, all in one bundle. */
function bundled({ head }: SessionText, candidates: readonly Accepted[]): readonly Accepted[] {
  const firsts = candidates.filter(({ section }, index) => candidates.findIndex((other) => other.section.kind === section.kind) === index);
  const distinct = firsts.filter(({ mid }, index) => firsts.findIndex((other) => other.mid === mid) === index);
  const group =
    attributes(head, "group")
      .find((value) => value.startsWith("BUNDLE "))
      ?.split(" ")
      .slice(1) ?? [];
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
  const lite = attributes(head, "ice-lite").length > 0 ? ["a=ice-lite"] : [];
  const lines = [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    ...lite,
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

function answer(
  offer: SessionText,
  accepted: readonly Accepted[],
  answered: string,
  audio: PlannedMedia | undefined,
  opusFormat: string,
): string {
  const { head, sections } = parseSdp(answered);
  const lines = offer.sections.flatMap((section, index) => {
    const own = sections[accepted.findIndex((used) => used.index === index)];
    return own === undefined ? rejectedLines(section) : sectionLines(own, audio, opusFormat);
  });
  return joinLines([...head, ...lines]);
}

function rejectedLines({ kind, profile, formats, lines }: Section): readonly string[] {
  const mid = attributes(lines, "mid")
    .slice(0, 1)
    .map((value) => `a=mid:${value}`);
  return [`m=${kind} 0 ${profile} ${formats.join(" ")}`, "c=IN IP4 0.0.0.0", ...mid, "a=inactive"];
}

/** A line of werift's: its candidates trickle, and of Opus it is said what this end wants to hear. */
export function sectionLines(
  { kind, port, profile, formats, lines }: Section,
  audio: PlannedMedia | undefined,
  opusFormat: string,
): readonly string[] {
  const isOwn = (line: string): boolean =>
    !/^a=(candidate:|end-of-candidates)/.test(line) && !(kind === "audio" && line.startsWith("a=fmtp:"));
  const format = kind === "audio" && audio !== undefined ? [`a=fmtp:${audio.payloadType} ${opusFormat}`] : [];
  return [`m=${kind} ${port} ${profile} ${formats.join(" ")}`, ...lines.filter(isOwn), ...format];
}
