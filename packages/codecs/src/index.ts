/** Front door of `@remotemedia/codecs`. */
export {};
