/** Speech nodes: what a voice agent listens, thinks and speaks with. */
import type { NodeDefinition } from "@remotemedia/core";

/** Every node of this package. @example new Registry([...builtInNodes, ...speechNodes]) */
export const speechNodes: readonly { readonly definition: NodeDefinition }[] = [];
