/**
 * The one-line form of a manifest, in the tradition of gst-launch:
 *
 *     line  = chain { [";"] chain }                 chain = part { "!" part }
 *     part  = type { key=value }  |  id "."  |  id ".port"
 *
 * `name=ID` names a node. A part that ends in a dot, or names a port of a node that has been named, refers to it: so lines branch.
 * Values are numbers, true, false, null, JSON, "quoted text" or plain text.
 */
import { errors } from "../errors.ts";
import type { JsonValue } from "../frame/frame.ts";
import type { Manifest } from "./manifest.ts";

// It is typed by hand. Reading brackets that are never closed takes the square of its length.
const longestLine = 16_384;

type Node = { id: string; node_type: string; params: Record<string, JsonValue> };

/**
 * Reads a launch line.
 *
 * @throws `manifest-invalid` with the place that cannot be read.
 * @example parseLaunchLine("file-source path=a.wav ! vad name=v ! file-sink path=b.wav v.events ! file-sink path=events.jsonl")
 */
export function parseLaunchLine(line: string): Manifest {
  if (line.length > longestLine) throw unreadable(`${line.length} characters, and may have ${longestLine}: write a manifest`, line);
  const nodes: Node[] = [];
  const numbers = new Map<string, number>();
  const connections: { from: string; to: string }[] = [];
  let previous: string | undefined;
  let wantsNext = false;
  for (const token of tokenize(line)) {
    if (token === "!" || token === ";") {
      if (previous === undefined || wantsNext) throw unreadable(`"${token}" without a node before it`, line);
      if (token === "!") wantsNext = true;
      else previous = undefined;
      continue;
    }
    const assignment = /^([A-Za-z_][\w-]*)=([\s\S]*)$/.exec(token);
    if (assignment !== null) {
      const node = nodes.at(-1);
      if (node === undefined || wantsNext) throw unreadable(`"${token}" without a node before it`, line);
      assign(node, assignment[1] as string, assignment[2] as string, connections);
      if (assignment[1] === "name") previous = node.id;
      continue;
    }
    const end = referenceTo(token, nodes) ?? addNode(token, nodes, numbers);
    if (wantsNext) connections.push({ from: previous as string, to: end });
    previous = end;
    wantsNext = false;
  }
  if (wantsNext) throw unreadable(`nothing after the last "!"`, line);
  if (nodes.length === 0) throw unreadable("no node", line);
  return { version: "v1", metadata: { name: "" }, nodes, connections } as Manifest;
}

const unreadable = (what: string, line: string) =>
  errors.manifestInvalid({
    message: `the launch line has ${what}`,
    received: line.slice(0, 200),
    fix: 'Write it like "file-source path=a.wav ! resample sample_rate=16000 ! vad".',
  });

/** Words, with quotes and brackets kept together. */
function tokenize(line: string): string[] {
  const quotes = line.replace(/\\./g, "").match(/["']/g) ?? [];
  if (quotes.length === 1) throw unreadable("a quote that is not closed", line);
  const token = /[!;](?=\s|$)|(?:[^\s"'{[]|"(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|["'{[])+/g;
  return line.match(token) ?? [];
}

function referenceTo(token: string, nodes: readonly Node[]): string | undefined {
  const named = nodes.find(({ id }) => token === `${id}.` || token.startsWith(`${id}.`));
  if (named === undefined) return undefined;
  return token.endsWith(".") ? named.id : token;
}

function addNode(token: string, nodes: Node[], numbers: Map<string, number>): string {
  const node_type = token;
  const id = uniqueId(node_type, (candidate) => nodes.some((node) => node.id === candidate), numbers);
  nodes.push({ id, node_type, params: {} });
  return id;
}

/** The type's name, or with a number behind it: `resample`, `resample_2`. `numbers` remembers how far each type has come. */
export function uniqueId(type: string, isTaken: (id: string) => boolean, numbers: Map<string, number>): string {
  for (let n = numbers.get(type) ?? 1; ; n++) {
    const id = n === 1 ? type : `${type}_${n}`;
    if (isTaken(id)) continue;
    numbers.set(type, n);
    return id;
  }
}

function assign(node: Node, key: string, text: string, connections: { from: string; to: string }[]): void {
  if (key !== "name") {
    node.params[key] = readValue(text);
    return;
  }
  const old = node.id;
  node.id = text;
  for (const connection of connections) if (connection.to === old) connection.to = text;
}

function readValue(text: string): JsonValue {
  if (/^'[^']*'$/.test(text)) return text.slice(1, -1);
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
