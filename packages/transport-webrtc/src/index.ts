/** Front door of `@remotemedia/transport-webrtc`. */
export {};
