/** Front door of `@remotemedia/protocol`. */
export {};
