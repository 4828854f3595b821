import { any, defineNode, type Frame, type NodeSpec } from "@remotemedia/core";

/** A node that keeps what it gets until the end, and sees whether anybody changed it meanwhile. */
export function createKeeper(): { readonly spec: NodeSpec; readonly changed: readonly Frame[] } {
  const kept: { readonly frame: Frame; readonly copy: Frame }[] = [];
  const changed: Frame[] = [];
  const factory = defineNode({
    type: "keeper",
    inputs: { in: any() },
    create: () => ({
      process: (frame) => void kept.push({ frame: frame.retain(), copy: frame.detached() }),
      stop() {
        for (const { frame, copy } of kept.splice(0)) {
          if ("data" in frame && "data" in copy && frame.data.some((sample, i) => !Object.is(sample, copy.data[i]))) changed.push(frame);
          frame.release();
        }
      },
    }),
  });
  return { spec: factory(), changed };
}
