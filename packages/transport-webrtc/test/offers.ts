/** Offers as a browser makes them. */
const fingerprint = `sha-256 ${Array.from({ length: 32 }, (_, i) => (i * 7 + 16).toString(16).toUpperCase().padStart(2, "0")).join(":")}`;

export const transport = [
  "a=ice-ufrag:kzu9",
  "a=ice-pwd:pD/AJDfhKOa2KuANOmhq7ISC",
  "a=ice-options:trickle",
  `a=fingerprint:${fingerprint}`,
  "a=setup:actpass",
];

export const audio = (mid: string, ...more: string[]): string[] => [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0",
  "c=IN IP4 0.0.0.0",
  "a=rtcp:9 IN IP4 0.0.0.0",
  ...transport,
  `a=mid:${mid}`,
  "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
  "a=sendrecv",
  "a=msid:4bb01ac8-c250 5d77de5a-f352",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "a=rtpmap:0 PCMU/8000",
  "a=ssrc:3645967896 cname:L0EcH",
  ...more,
];

export const video = (mid: string): string[] => [
  "m=video 9 UDP/TLS/RTP/SAVPF 98 96 97",
  "c=IN IP4 0.0.0.0",
  ...transport,
  `a=mid:${mid}`,
  "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtpmap:98 VP9/90000",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 goog-remb",
  "a=rtcp-fb:96 transport-cc",
  "a=rtcp-fb:96 ccm fir",
  "a=rtcp-fb:96 nack",
  "a=rtcp-fb:96 nack pli",
  "a=rtpmap:97 rtx/90000",
  "a=fmtp:97 apt=96",
  "a=ssrc-group:FID 1502442323 2534486187",
  "a=ssrc:1502442323 cname:L0EcH",
  "a=ssrc:2534486187 cname:L0EcH",
];

export const data = (mid: string): string[] => [
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "c=IN IP4 0.0.0.0",
  ...transport,
  `a=mid:${mid}`,
  "a=sctp-port:5000",
  "a=max-message-size:262144",
];

/** An offer of these lines in one bundle. */
export function offer(...sections: string[][]): string {
  const mids = sections.flatMap((lines) => lines.flatMap((line) => (line.startsWith("a=mid:") ? [line.slice(6)] : [])));
  const head = [
    "v=0",
    "o=- 8019233081892758837 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${mids.join(" ")}`,
    "a=extmap-allow-mixed",
  ];
  return [...head, ...sections.flat(), ""].join("\r\n");
}

/** The offer of a page with microphone, camera and a data channel. */
export const pageOffer = (): string => offer(audio("0"), video("1"), data("2"));
