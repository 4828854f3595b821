import {
  defineNode,
  type Emission,
  errorFrom,
  Flags,
  type Heard,
  type NodeContext,
  type NodeExecutor,
  type NodeSpec,
  type Output,
  type ParamsInput,
  type ParamsOf,
  type TextFrame,
  text,
  textFrame,
} from "@remotemedia/core";
import { OpenAiClient } from "../openai/openai-client.ts";
import { chatParams } from "./chat-params.ts";
import { Completions } from "./completions.ts";
import { History } from "./history.ts";
import { inWords, Responder } from "./responder.ts";
import { remoteTool, type Tools } from "./tools.ts";

/**
 * Answers what the user says: by any OpenAI-compatible server, or, without `base_url`, by simple rules that need no network and say what
 * they are. The answer comes in pieces; the last one is `final` and flagged `end`. What is asked is a `final` text; partial and empty ones
 * are left alone. Of an interrupted answer the history keeps what was heard; words that nobody answered are said again with the next ones,
 * unless these contain them (`replaces_turn` of `turn-policy`).
 * When the server fails, what came is kept, the answer ends, and the error is reported: `auth-failed`, `limit-exceeded`, `params-invalid`,
 * `timeout`, `transport-failed`.
 *
 * It wants the network even where no server is set: what a node may touch does not depend on its parameters, and a manifest from elsewhere
 * must not send words away that nobody granted.
 *
 * @example chat({ baseUrl: "http://127.0.0.1:11434/v1", model: "llama3.2" })
 */
export const chat = defineNode({
  type: "chat",
  description: "Answers what the user says, by an OpenAI-compatible server or by simple built-in rules.",
  inputs: { in: text() },
  outputs: { out: text() },
  answers: true,
  requires: ["net"],
  params: chatParams,
  create: (params) => new ChatNode(params),
});

/**
 * {@link chat} with functions that the model may call. They exist in this process only: a manifest of it fails with `not-serializable`.
 *
 * @example
 * chatWithTools({ baseUrl, model }, {
 *   weather: {
 *     description: "The weather of a city",
 *     parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
 *     run: async ({ city }) => ({ city, degrees: 21 }),
 *   },
 * });
 */
export function chatWithTools(params: ParamsInput<typeof chatParams>, tools: Tools): NodeSpec<"chat", "in", "out"> {
  const { definition } = chat;
  const create = (given: ParamsOf<typeof chatParams>) => new ChatNode(given, tools);
  return { ...chat(params), definition: { ...definition, isSerializable: false, create: create as typeof definition.create } };
}

class ChatNode implements NodeExecutor<TextFrame> {
  readonly #params: ParamsOf<typeof chatParams>;
  readonly #tools: Tools;
  readonly #history: History;
  #context: NodeContext | undefined;
  #answerer: Completions | Responder | undefined;

  constructor(params: ParamsOf<typeof chatParams>, tools: Tools = {}) {
    this.#params = params;
    this.#tools = { ...Object.fromEntries(params.tools.map((tool) => [tool.name, remoteTool(tool)])), ...tools };
    this.#history = new History(params);
  }

  start(context: NodeContext): void {
    const { baseUrl, apiKeyEnv } = this.#params;
    this.#context = context;
    this.#answerer =
      baseUrl === undefined
        ? new Responder(context.random)
        : new Completions(new OpenAiClient({ baseUrl, apiKeyEnv }, context.clock), this.#params, this.#tools, context.clock);
  }

  async *process(frame: TextFrame, _port: string, out: Output): AsyncGenerator<Emission> {
    const said = frame.text.trim();
    if (!frame.final || said === "") return;
    const { replaces_turn: replaces } = frame.metadata;
    const exchange = this.#history.ask(out.turn, said, typeof replaces === "number" ? replaces : undefined);
    // A late transcript is remembered; its answer would never be heard.
    if ((this.#context as NodeContext).answer().turn > out.turn) return;
    let failure: unknown;
    try {
      for await (const piece of this.#pieces(said, out.signal)) {
        if (out.signal.aborted) return;
        exchange.answer += piece;
        yield textFrame(piece, { final: false });
      }
    } catch (thrown) {
      failure = thrown;
    }
    if (out.signal.aborted) return;
    if (failure !== undefined && exchange.answer === "" && this.#params.apology !== "")
      yield textFrame(this.#params.apology, { final: false });
    yield textFrame("", { flags: Flags.end });
    // Now that the answer has its end: what is thrown is reported, and in a batch ends the run.
    if (failure !== undefined) throw errorFrom(failure, "node-failed");
  }

  interrupt(turn: number, heard: Heard = { durationUs: 0 }): void {
    this.#history.interrupted(turn, heard);
  }

  #pieces(said: string, signal: AbortSignal): Iterable<string> | AsyncIterable<string> {
    if (this.#answerer instanceof Responder) return inWords(this.#answerer.answer(said));
    const instructions = { role: "system" as const, content: this.#params.instructions };
    return (this.#answerer as Completions).answer([instructions, ...this.#history.messages()], signal);
  }
}
