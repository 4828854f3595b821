/** Front door of `@remotemedia/server`. */
export {};
