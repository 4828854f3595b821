// @ts-check

/** @typedef {{ id: string, node_type: string, answers?: boolean }} PipelineNode */
/** @typedef {{ name?: string, nodes: PipelineNode[], connections: { from: string, to: string }[] }} Pipeline */
/** A place in a layer: that of a node, or that of a connection on its way past the nodes of this layer. */
/** @typedef {{ node?: PipelineNode & { from: string[] }, sources: Slot[], layer: number, at: number, x: number, y: number }} Slot */
/** @typedef {{ slots: Slot[], chains: Slot[][], width: number, height: number }} Layout */

export const boxWidth = 132;
export const boxHeight = 88;
const laneSize = 8;
const gap = { along: 34, across: 18 };
const margin = 4;

/**
 * Places nodes in layers: each one layer after the last of those it takes from. Layers follow from left to right, or downward where the
 * page is narrow. Within a layer everything has the order of what it comes from (Sugiyama's method, one sweep).
 *
 * @param {Pipeline} pipeline @param {boolean} isDownward
 * @returns {Layout} chains: the slots that each connection passes, its nodes included
 */
export function layOut({ nodes, connections }, isDownward) {
  const ids = new Set(nodes.map(({ id }) => id));
  // An existing id wins over a port behind a dot.
  const idOf = (/** @type {string} */ end) => (ids.has(end) ? end : end.slice(0, end.lastIndexOf(".")));
  const pairs = connections.map(({ from, to }) => [idOf(from), idOf(to)]);
  const fromOf = (/** @type {string} */ id) => connections.filter(({ to }) => idOf(to) === id).map(({ from }) => from);
  const depths = depthsOf(nodes, pairs);
  const byId = new Map(nodes.map((node) => [node.id, slotIn(depths.get(node.id) ?? 0, { ...node, from: fromOf(node.id) })]));
  const unique = new Map(pairs.map((pair) => [pair.join("\n"), pair]));
  const chains = [...unique.values()].flatMap(([from, to]) => {
    const [a, b] = [byId.get(from ?? ""), byId.get(to ?? "")];
    return a && b ? [chainOf(a, b)] : [];
  });
  const slots = [...new Set([...byId.values(), ...chains.flat()])];
  place(slots, isDownward);
  for (const chain of chains) straighten(chain, slots, isDownward ? "x" : "y");
  const far = (/** @type {"x" | "y"} */ axis, /** @type {number} */ size) =>
    margin + Math.max(...slots.map((slot) => slot[axis] + (slot.node ? size : laneSize)));
  return { slots, chains, width: far("x", boxWidth), height: far("y", boxHeight) };
}

/** A connection takes the outermost of its lanes all the way, where no box is in the way. @param {Slot[]} chain @param {Slot[]} slots @param {"x" | "y"} axis */
function straighten(chain, slots, axis) {
  const lanes = chain.filter(({ node }) => node === undefined);
  const most = Math.max(...lanes.map((slot) => slot[axis]));
  for (const lane of lanes) if (!slots.some(({ node, layer, at }) => node && layer === lane.layer && at > lane.at)) lane[axis] = most;
}

/** @param {number} layer @param {Slot["node"]} [node] @returns {Slot} */
const slotIn = (layer, node) => ({ ...(node && { node }), sources: [], layer, at: 0, x: 0, y: 0 });

/** @param {PipelineNode[]} nodes @param {string[][]} pairs @returns {Map<string, number>} */
function depthsOf(nodes, pairs) {
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  // As often as the longest path can be; a pipeline has no cycles, and were there one, this would end all the same.
  for (let pass = 0; pass < nodes.length; pass++)
    for (const [from = "", to = ""] of pairs)
      if (depths.has(to)) depths.set(to, Math.min(nodes.length, Math.max(depths.get(to) ?? 0, (depths.get(from) ?? 0) + 1)));
  return depths;
}

/** @param {Slot} a @param {Slot} b @returns {Slot[]} */
function chainOf(a, b) {
  const chain = [a, ...Array.from({ length: Math.max(0, b.layer - a.layer - 1) }, (_, i) => slotIn(a.layer + i + 1)), b];
  chain.slice(1).forEach((slot, i) => slot.sources.push(/** @type {Slot} */ (chain[i])));
  return chain;
}

/** @param {Slot[]} slots @param {boolean} isDownward */
function place(slots, isDownward) {
  const [boxAlong, boxAcross] = isDownward ? [boxHeight, boxWidth] : [boxWidth, boxHeight];
  const last = Math.max(...slots.map(({ layer }) => layer));
  for (let layer = 0; layer <= last; layer++) {
    const along = margin + layer * (boxAlong + gap.along);
    let across = margin;
    const members = slots.filter((slot) => slot.layer === layer).map((slot) => ({ slot, order: meanOf(slot.sources) }));
    members
      .sort((a, b) => a.order - b.order || Number(b.slot.node !== undefined) - Number(a.slot.node !== undefined))
      .forEach(({ slot }, i) => {
        slot.at = i;
        [slot.x, slot.y] = isDownward ? [across, along] : [along, across];
        across += (slot.node ? boxAcross : laneSize) + gap.across;
      });
  }
}

/** @param {Slot[]} sources */
const meanOf = (sources) => sources.reduce((sum, { at }) => sum + at / sources.length, 0);
