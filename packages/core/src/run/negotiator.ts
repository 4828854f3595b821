/** Agrees on formats: from the sources downward before the start, and again where a frame unlike the agreed format comes. */
import { errorFrom, errors, type RemoteMediaError } from "../errors.ts";
import { describeConstraint, describePort, type MediaFormat, type Port } from "../frame/media.ts";
import type { GraphNode } from "../graph/graph.ts";
import { type ConversionStep, planConversion } from "../negotiation/conversion.ts";
import { outputFormats } from "../negotiation/outputs.ts";
import type { NegotiatedOutputs } from "../node/node.ts";
import { applyDefaults, toCamelCase } from "../node/params.ts";
import type { Registry } from "../node/registry.ts";
import { ConverterChain } from "./converter-chain.ts";
import type { Edge } from "./edge.ts";
import type { Engine } from "./engine.ts";
import type { NodeRunner } from "./node-runner.ts";

/** The negotiation of one session. */
export class Negotiator {
  readonly #engine: Engine;
  readonly #registry: Registry;
  #converters = 0;

  constructor(engine: Engine, registry: Registry) {
    this.#engine = engine;
    this.#registry = registry;
  }

  /** As far as formats are known before the first frame. `ask` calls a node's hook within its deadline. */
  async plan(ask: (runner: NodeRunner) => Promise<NegotiatedOutputs>): Promise<void> {
    for (const runner of this.#engine.runners) {
      try {
        const said = runner.executor.negotiate === undefined ? undefined : await ask(runner);
        runner.outputFormats = outputFormats(runner.node, runner.inputFormats, said ?? {});
      } catch (thrown) {
        throw errorFrom(thrown, "start-failed", { node: runner.id });
      }
      for (const slot of runner.slots) {
        const format = runner.outputFormats[slot.port];
        if (format !== undefined) for (const target of slot.targets) (target as Edge).plan(format);
      }
    }
  }

  /**
   * The converters of an edge for a format that comes in. Tells the consumer what it will get.
   *
   * @throws `media-incompatible` naming both ends, both formats, and what would help.
   */
  adapt(runner: NodeRunner, edge: Edge, format: MediaFormat): ConverterChain | undefined {
    const port = this.#wantedBy(runner, edge, format);
    const conversion = planConversion(format, port);
    const mayConvert = conversion !== undefined && (conversion.steps.length === 0 || this.#engine.graph.convertsAutomatically);
    if (!mayConvert || !this.#knows(conversion.steps)) throw this.#incompatible(edge, runner, format, port);
    runner.gets(edge, conversion.format);
    if (conversion.steps.length === 0) return undefined;
    const nodes = conversion.steps.map((step) => this.#converterNode(step, runner));
    return new ConverterChain(this.#engine, nodes, (frame) => void edge.admit(frame));
  }

  /** Where several edges meet, all bring what the first one brought. */
  #wantedBy(runner: NodeRunner, edge: Edge, format: MediaFormat): Port {
    const agreed = format.kind === "audio" && runner.inputs.length > 1 ? runner.formatFromOthers(edge) : undefined;
    return agreed?.kind === "audio" ? agreed : (runner.node.inputs[edge.port] as Port);
  }

  #knows(steps: readonly ConversionStep[]): boolean {
    return steps.every(({ type }) => this.#registry.find(type) !== undefined);
  }

  #converterNode({ type, params }: ConversionStep, consumer: NodeRunner): GraphNode {
    const definition = this.#registry.get(type);
    const filled = applyDefaults(params, definition.params);
    const ports = definition.portsFor(toCamelCase(filled, definition.params) as never);
    return { ...consumer.node, id: `_auto_convert_${++this.#converters}`, definition, params: filled, ...ports, keepStale: new Set() };
  }

  #incompatible(edge: Edge, runner: NodeRunner, format: MediaFormat, port: Port): RemoteMediaError {
    const wanted = describePort(port);
    return errors.mediaIncompatible({
      node: runner.id,
      port: edge.port,
      message: `${edge.name}: no way from one format to the other`,
      expected: wanted,
      received: describeConstraint(format),
      fix: this.#engine.graph.convertsAutomatically
        ? `Put a node between that gives ${wanted}.`
        : "Insert converters, or set metadata.auto_negotiate to true.",
    });
  }
}
