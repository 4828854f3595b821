/** Puts an answer together: werift's lines and rejected ones, in the order of the offer. */
import type { PlannedMedia } from "./sdp-media.ts";
import { attributes, joinLines, parseSdp, type Section, type SessionText } from "./sdp-text.ts";

/**
 * @param indexes of the offer's lines that werift has answered, in its order
 * @param opusFormat what this end wants of Opus
 */
export function composeAnswer(
  offer: SessionText,
  indexes: readonly number[],
  answered: string,
  audio: PlannedMedia | undefined,
  opusFormat: string,
): string {
  const { head, sections } = parseSdp(answered);
  const lines = offer.sections.flatMap((section, index) => {
    const own = sections[indexes.indexOf(index)];
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
