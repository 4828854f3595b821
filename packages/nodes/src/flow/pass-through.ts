import { any, defineNode, sameAs } from "@remotemedia/core";

/** Gives every frame on as it came. */
export const passThrough = defineNode({
  type: "pass-through",
  description: "Gives every frame on as it came.",
  inputs: { in: any() },
  outputs: { out: sameAs("in") },
  create: () => ({ process: (frame, _port, out) => out.emit("out", frame) }),
});
