import { fileSink } from "./file-sink.ts";
import { fileSource } from "./file-source.ts";

export { fileSink, fileSource };

/** Every built-in node that needs Node.js. @example new Registry([...builtInNodes, ...nodejsNodes]) */
export const nodejsNodes = [fileSource, fileSink] as const;
