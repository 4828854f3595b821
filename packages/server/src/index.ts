/** Front door of `@remotemedia/server`. */
export { iceServersFrom } from "@remotemedia/transport-webrtc";
export { jsonLog, logLevels } from "./json-log.ts";
export type { IceServer, Limits, ServerOptions } from "./options.ts";
export { serve } from "./serve.ts";
export { Server } from "./server.ts";
