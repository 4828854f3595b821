/** Front door of `@remotemedia/server`. */
export { type IceServer, iceServersFrom } from "@remotemedia/transport-webrtc";
export { jsonLog, logLevels } from "./json-log.ts";
export type { Limits, RunningServer, ServerOptions } from "./options.ts";
export { serve } from "./serve.ts";
