/** The node types that a host knows. */

import { errors } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { NodeDefinition } from "./define-node.ts";

/**
 * Node types by name. A host brings one; `register` adds a user's own, so that manifests can name them.
 *
 * @example const registry = new Registry([gain, resample]); registry.register(myNode);
 */
export class Registry {
  readonly #definitions = new Map<string, NodeDefinition>();

  constructor(nodes: Iterable<{ readonly definition: NodeDefinition }> = []) {
    for (const node of nodes) this.register(node);
  }

  /**
   * Adds a node type.
   *
   * @throws `usage` when another node has that name already.
   */
  register({ definition }: { readonly definition: NodeDefinition }): this {
    const known = this.#definitions.get(definition.type);
    if (known !== undefined && known !== definition) {
      throw errors.usage({ message: `a node type "${definition.type}" is registered already`, fix: "Give yours another name." });
    }
    this.#definitions.set(definition.type, definition);
    return this;
  }

  /** The definition of a type, if it is known. */
  find(type: string): NodeDefinition | undefined {
    return this.#definitions.get(type);
  }

  /**
   * The definition of a type.
   *
   * @throws `node-unknown`, with the nearest name that exists.
   */
  get(type: string): NodeDefinition {
    const definition = this.find(type);
    if (definition !== undefined) return definition;
    const near = nearest(type, this.#definitions.keys());
    throw errors.nodeUnknown({ message: `no node type "${type}"`, ...(near !== undefined && { fix: `Did you mean "${near}"?` }) });
  }

  /** A registry with everything of this one, to which more can be added without changing it. */
  copy(): Registry {
    return new Registry([...this].map((definition) => ({ definition })));
  }

  [Symbol.iterator](): Iterator<NodeDefinition> {
    return this.#definitions.values();
  }
}
