/** The answers of a chat model, streamed, with the tools that it calls in between. */
import { type Clock, errors } from "@remotemedia/core";
import { eventData } from "../openai/event-data.ts";
import type { OpenAiClient } from "../openai/openai-client.ts";
import { garbled } from "../openai/server-error.ts";
import type { Message } from "./history.ts";
import { resultOf, type ToolCall, type Tools } from "./tools.ts";

/** How the model is asked. */
export interface CompletionOptions {
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly timeoutMs: number;
}

const mostAnswerBytes = 4 * 1024 * 1024;
const mostToolRounds = 5;
const mostToolCalls = 16;

/** What a server sends for each token; nothing of it is sure. */
interface Chunk {
  readonly error?: unknown;
  readonly choices?: readonly { readonly delta?: Delta | null; readonly finish_reason?: string | null }[];
}
interface Delta {
  readonly content?: unknown;
  readonly tool_calls?: readonly {
    readonly index?: number;
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments?: string };
  }[];
}

/** A model behind a server. */
export class Completions {
  readonly #client: OpenAiClient;
  readonly #options: CompletionOptions;
  readonly #tools: Tools;
  readonly #clock: Clock;

  constructor(client: OpenAiClient, options: CompletionOptions, tools: Tools, clock: Clock) {
    this.#client = client;
    this.#options = options;
    this.#tools = tools;
    this.#clock = clock;
  }

  /**
   * Pieces of the answer as they come. Tools are called when the model asks for them, five rounds at most.
   *
   * @throws what the client throws; `transport-failed` for garbage or an answer that stops in the middle; `limit-exceeded`.
   */
  async *answer(history: readonly Message[], signal: AbortSignal): AsyncGenerator<string> {
    const messages = [...history];
    for (let round = 0; round <= mostToolRounds; round++) {
      const { text, calls } = yield* this.#stream(messages, signal);
      if (calls.length === 0) return;
      const asked = calls.map(({ id, ...called }) => ({ id, type: "function", function: called }));
      messages.push({ role: "assistant", content: text === "" ? null : text, tool_calls: asked });
      const wait = { clock: this.#clock, ms: this.#options.timeoutMs, signal };
      const results = await Promise.all(calls.map((call) => resultOf(call, this.#tools, wait)));
      results.forEach((content, i) => messages.push({ role: "tool", content, tool_call_id: calls[i]?.id }));
    }
    throw errors.limitExceeded({
      message: `the model has called tools ${mostToolRounds + 1} times in a row`,
      fix: "Describe the tools so that it finds an end.",
    });
  }

  /** One request. Gives the whole text and the calls at its end. */
  async *#stream(messages: readonly Message[], signal: AbortSignal): AsyncGenerator<string, { text: string; calls: ToolCall[] }> {
    using patience = this.#client.patience(this.#options.timeoutMs, signal);
    const { bytes } = await this.#client.ask({
      path: "chat/completions",
      body: this.#body(messages),
      patience,
      mostBytes: mostAnswerBytes,
    });
    const calls: ToolCall[] = [];
    let text = "";
    let isDone = false;
    for await (const data of eventData(bytes)) {
      if (data === "[DONE]") {
        isDone = true;
        break;
      }
      patience.restart();
      const { choices } = this.#parsed(data);
      const { delta, finish_reason } = choices?.[0] ?? {};
      isDone ||= typeof finish_reason === "string";
      collectCalls(delta?.tool_calls, calls);
      if (typeof delta?.content !== "string" || delta.content === "") continue;
      text += delta.content;
      patience.rest();
      yield delta.content;
      patience.restart();
    }
    if (!isDone)
      throw garbled(this.#client.host, text === "" && calls.length === 0 ? "sent no answer" : "stopped in the middle of its answer");
    return { text, calls };
  }

  #body(messages: readonly Message[]): object {
    const { model, temperature, maxTokens } = this.#options;
    const tools = Object.entries(this.#tools).map(([name, { description, parameters = { type: "object", properties: {} } }]) => ({
      type: "function",
      function: { name, description, parameters },
    }));
    return { model, messages, stream: true, temperature, max_tokens: maxTokens, ...(tools.length > 0 && { tools }) };
  }

  #parsed(data: string): Chunk {
    let chunk: Chunk | null;
    try {
      chunk = JSON.parse(data) as Chunk | null;
    } catch {
      throw garbled(this.#client.host, "sent what is no JSON", this.#client.excerpt(data));
    }
    if (chunk?.error !== undefined && chunk.error !== null)
      throw garbled(this.#client.host, "reported an error", this.#client.excerpt(data));
    return chunk ?? {};
  }
}

/** A call comes in parts: its name first, its arguments bit by bit. Some servers leave the index out. */
function collectCalls(parts: Delta["tool_calls"], calls: ToolCall[]): void {
  for (const [i, { index = i, id, function: called }] of (parts ?? []).entries()) {
    const before = calls[index];
    if (before === undefined && (index !== calls.length || index >= mostToolCalls))
      throw errors.limitExceeded({ message: `the model called more than ${mostToolCalls} tools at once, or left one out` });
    calls[index] = {
      id: before?.id ?? id ?? `call_${index}`,
      name: before?.name ?? called?.name ?? "",
      arguments: (before?.arguments ?? "") + (called?.arguments ?? ""),
    };
  }
}
