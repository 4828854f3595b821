/** What is taken of a media line: one codec, its repairs, the feedback that is given and understood. */
import { attributes, type Section } from "./sdp-text.ts";
import { videoPayloads } from "./video/video-payload.ts";

/** A media line that is used. */
export interface PlannedMedia {
  readonly payloadType: number;
  /** As `a=rtpmap` says: `opus`, `VP8` … */
  readonly codec: string;
}

/** The profile of media that are encrypted with keys from DTLS. */
export const rtpProfile = "UDP/TLS/RTP/SAVPF";
const transportWideCc = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/** The codec of a line that is used; undefined if there is none. */
export const pickMedia = (section: Section): PlannedMedia | undefined =>
  section.kind === "audio" ? pickCodec(section, isOpus) : section.kind === "video" ? pickCodec(section, isVideo) : undefined;

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
function pickCodec(section: Section, fits: (codec: string, format: string) => boolean): PlannedMedia | undefined {
  const payloadType = section.formats.find(
    (format) => /^\d{1,3}$/.test(format) && fits(ofPayload(section, "rtpmap", format), ofPayload(section, "fmtp", format)),
  );
  if (payloadType === undefined) return undefined;
  return { payloadType: Number(payloadType), codec: ofPayload(section, "rtpmap", payloadType).split("/")[0]! };
}

/** The line and its attributes, written anew. */
export function mediaLines(section: Section, { payloadType }: PlannedMedia): readonly string[] {
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
