/** Front door of `@remotemedia/transport-webrtc`. */
export { type CandidateJson, isPrivateAddress } from "./candidate-policy.ts";
export { type ConnectOptions, connectWebRtc, type WebRtcClient } from "./client/connect.ts";
export { type IceServer, iceServersFrom } from "./ice-servers.ts";
export { originId } from "./sdp-text.ts";
export { tickerOf } from "./ticker.ts";
export { warmUp } from "./warm-up.ts";
export type { WebRtcCarrier } from "./webrtc-carrier.ts";
export { WebRtcConnection } from "./webrtc-connection.ts";
export type { OpusOptions, WebRtcOptions, WebRtcState } from "./webrtc-options.ts";
