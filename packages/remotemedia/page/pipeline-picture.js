// @ts-check
import { boxHeight, boxWidth, layOut } from "./pipeline-layout.js";

/** @typedef {import("./pipeline-layout.js").Pipeline} Pipeline */
/** @typedef {NonNullable<import("./pipeline-layout.js").Slot["node"]> & { x: number, y: number }} PlacedNode */
/** @typedef {{ node_id: string, execution_count: number, p50_us: number, p95_us: number }} NodeMetrics */

const svgNames = "http://www.w3.org/2000/svg";

/** The pipeline as a picture, and the same as a table for those who do not see it. */
export class PipelinePicture {
  #picture;
  #table;
  #rows;
  /** @type {Pipeline | undefined} */
  #pipeline;
  /** @type {readonly NodeMetrics[]} */
  #metrics = [];
  #narrow = matchMedia("(width < 44rem)");

  /** @param {HTMLElement} picture @param {HTMLElement} table @param {HTMLElement} rows */
  constructor(picture, table, rows) {
    this.#picture = picture;
    this.#table = table;
    this.#rows = rows;
    this.#narrow.addEventListener("change", () => this.#draw());
  }

  /** @param {Pipeline} pipeline */
  show(pipeline) {
    this.#pipeline = pipeline;
    this.#draw();
  }

  /** @param {readonly NodeMetrics[]} metrics */
  update(metrics) {
    this.#metrics = metrics;
    for (const { node_id, execution_count, p50_us, p95_us } of metrics) {
      const isTimed = execution_count > 0;
      const [p50, p95] = [isTimed ? timeText(p50_us) : "–", isTimed ? timeText(p95_us) : "–"];
      const id = CSS.escape(node_id);
      const box = this.#picture.querySelector(`[data-node="${id}"]`);
      box?.classList.toggle("busy", isTimed);
      this.#write(box?.querySelectorAll(".value"), [`p50 ${p50}`, `p95 ${p95}`]);
      this.#write(this.#rows.querySelectorAll(`[data-node="${id}"] .value`), [p50, p95, execution_count.toLocaleString("en")]);
    }
  }

  /** @param {NodeListOf<Element> | undefined} places @param {string[]} texts */
  #write(places, texts) {
    places?.forEach((place, i) => {
      place.textContent = texts[i] ?? "";
    });
  }

  #draw() {
    if (this.#pipeline === undefined || this.#pipeline.nodes.length === 0) return;
    const isDownward = this.#narrow.matches;
    const { slots, chains, width, height } = layOut(this.#pipeline, isDownward);
    const nodes = slots.flatMap(({ node, x, y }) => (node ? [{ ...node, x, y }] : []));
    const label = `The pipeline ${this.#pipeline.name ?? ""}: ${nodes.map(({ id }) => id).join(", ")}. The table below says the same.`;
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
    svg.append(arrowHead(), ...chains.map((chain) => arrow(chain, isDownward)), ...nodes.map(box));
    this.#picture.replaceChildren(svg);
    this.#rows.replaceChildren(...nodes.map(row));
    this.#table.hidden = false;
    this.update(this.#metrics);
  }
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {(string | Node)[]} children */
function make(name, attributes, ...children) {
  const element = document.createElementNS(svgNames, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const arrowHead = () =>
  make(
    "defs",
    {},
    make(
      "marker",
      { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
      make("path", { d: "M0 0 8 4 0 8z" }),
    ),
  );

/** What the ends of the link are to whoever looks. @type {Record<string, string>} */
const ends = { "link-source": "from you", "link-sink": "to you" };

/** @param {PlacedNode} node */
function box({ id, node_type, x, y }) {
  const line = (/** @type {number} */ down, /** @type {string} */ kind, /** @type {string} */ text) =>
    make("text", { x: boxWidth / 2, y: down, class: kind, "text-anchor": "middle" }, short(text));
  const name = ends[node_type] ?? id;
  const texts = [line(25, "id", name), line(42, "type", node_type === name ? "" : node_type)];
  // Nothing is given to where frames begin: there are no times.
  if (node_type !== "link-source") texts.push(line(61, "value", "p50 –"), line(77, "value", "p95 –"));
  const frame = make("rect", { width: boxWidth, height: boxHeight, rx: 10 });
  return make("g", { "data-node": id, transform: `translate(${x} ${y})` }, make("title", {}, `${id} (${node_type})`), frame, ...texts);
}

/** @param {import("./pipeline-layout.js").Slot[]} chain @param {boolean} isDownward */
function arrow(chain, isDownward) {
  const [along, across] = isDownward ? [boxHeight, boxWidth / 2] : [boxWidth, boxHeight / 2];
  const point = (/** @type {number} */ a, /** @type {number} */ b) => (isDownward ? `${b} ${a}` : `${a} ${b}`);
  let path = "";
  let [a, b] = [0, 0];
  chain.forEach((slot, i) => {
    const [from, beside] = isDownward ? [slot.y, slot.x] : [slot.x, slot.y];
    const to = beside + (slot.node ? across : 0);
    if (i > 0) path += `C${point((a + from) / 2, b)} ${point((a + from) / 2, to)} ${point(from, to)}`;
    [a, b] = [from + along, to];
    if (i < chain.length - 1) path += `${i === 0 ? "M" : "L"}${point(a, b)}`;
  });
  return make("path", { d: path, "marker-end": "url(#arrow)" });
}

/** @param {PlacedNode} node */
function row({ id, node_type, from }) {
  const line = document.createElement("tr");
  line.dataset["node"] = id;
  const cell = (/** @type {string} */ text, tag = "td") => Object.assign(document.createElement(tag), { textContent: text });
  const name = cell(id, "th");
  name.setAttribute("scope", "row");
  const values = ["–", "–", "0"].map((text) => Object.assign(cell(text), { className: "value" }));
  line.append(name, cell(node_type), cell(from.join(", ") || "–"), ...values);
  return line;
}

/** @param {string} text */
const short = (text) => (text.length > 15 ? `${text.slice(0, 14)}…` : text);

/** @param {number} us */
const timeText = (us) => (us < 1000 ? `${us.toFixed(0)} µs` : `${(us / 1000).toFixed(1)} ms`);
