import { baseUrl, serverParams } from "../openai/server-params.ts";
import { toolsParam } from "./tools.ts";

/** The parameters of `chat`, apart because they are half of it. */
export const chatParams = {
  type: "object",
  additionalProperties: false,
  properties: {
    base_url: {
      ...baseUrl,
      description: `${baseUrl.description} Default: none, so that built-in rules answer and nothing leaves the machine; no variable of the environment changes that.`,
    },
    model: { type: "string", description: "The model's name as the server knows it; servers with a single model mostly need none." },
    ...serverParams,
    instructions: {
      type: "string",
      default:
        "You are a friendly voice assistant. Answer in one to three short sentences of plain spoken language, without lists, markup or emoji.",
      description:
        "What the model is told before everything else. An answer that was interrupted stands in the history as far as it was heard, and ends in an ellipsis.",
    },
    temperature: { type: "number", minimum: 0, maximum: 2, description: "How freely the model chooses its words. Default: the server's." },
    max_tokens: { type: "integer", minimum: 1, maximum: 100_000, description: "The most tokens of an answer. Default: the server's." },
    history_turns: { type: "integer", minimum: 1, maximum: 1_000, default: 20, description: "The most exchanges that are remembered." },
    history_characters: {
      type: "integer",
      minimum: 100,
      maximum: 1_000_000,
      default: 16_000,
      description: "The most characters of them, about four to a token; the oldest exchanges are forgotten first.",
    },
    apology: {
      type: "string",
      default: "Sorry, I cannot answer right now.",
      description: "Said when the server fails before anything came; empty: nothing.",
    },
    tools: toolsParam,
  },
} as const;
