import { fileSink } from "./file-sink.ts";
import { fileSource } from "./file-source.ts";
import { pcmSink } from "./pcm-sink.ts";
import { pcmSource } from "./pcm-source.ts";

export { fileSink, fileSource, pcmSink, pcmSource };

/** Every built-in node that needs Node.js. @example new Registry([...builtInNodes, ...nodejsNodes]) */
export const nodejsNodes = [fileSource, fileSink, pcmSource, pcmSink] as const;
