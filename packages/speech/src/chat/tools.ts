/** What a model may call: functions of the program, or addresses that a manifest names. */
import { type Clock, errors, type JsonValue } from "@remotemedia/core";
import { Patience } from "../openai/patience.ts";

/** A function that the model may call. */
export interface Tool {
  /** What it does, for the model. */
  readonly description?: string;
  /** JSON Schema of its arguments. Default: none. */
  readonly parameters?: { readonly [key: string]: unknown };
  /**
   * Called with the arguments as the model wrote them: check them. What it gives goes to the model as JSON, a string as it is; so does the
   * message of what it throws. `signal` aborts when the answer is interrupted or the call takes longer than `timeout_ms`.
   */
  readonly run: (args: { readonly [key: string]: JsonValue }, call: { readonly signal: AbortSignal }) => unknown;
}

/** Tools by name. */
export type Tools = Readonly<Record<string, Tool>>;

/** A call as the model asks for it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, if the model kept to it. */
  readonly arguments: string;
}

/** Tools as parameters name them. */
export const toolsParam = {
  type: "array",
  maxItems: 64,
  default: [],
  description:
    "Functions that the model may call, each at an address: the arguments are posted there as JSON, the text of the answer is the result. In TypeScript, chatWithTools takes functions.",
  items: {
    type: "object",
    additionalProperties: false,
    required: ["name", "url"],
    properties: {
      name: { type: "string", pattern: "^[a-zA-Z0-9_-]{1,64}$" },
      description: { type: "string" },
      parameters: { type: "object", description: "JSON Schema of the arguments." },
      url: { type: "string", pattern: "^https?://" },
    },
  },
} as const;

const mostResult = 16_384;

/** A tool that lives behind an address. */
export function remoteTool(tool: {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: object;
  readonly url: string;
}): Tool {
  return {
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.parameters !== undefined && { parameters: tool.parameters as Tool["parameters"] & object }),
    async run(args, { signal }) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(tool.url, { method: "POST", headers, body: JSON.stringify(args), redirect: "error", signal });
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of response.body ?? []) if ((text += decoder.decode(chunk, { stream: true })).length > mostResult) break;
      if (!response.ok) throw errors.transportFailed({ message: `it answered ${response.status}` });
      return text;
    },
  };
}

/** Calls a tool. It never fails: what goes wrong is told to the model, so that it can tell the user. */
export async function resultOf(
  call: ToolCall,
  tools: Tools,
  { clock, ms, signal }: { readonly clock: Clock; readonly ms: number; readonly signal: AbortSignal },
): Promise<string> {
  using patience = new Patience({ clock, ms, signal, whom: `the tool "${call.name}"` });
  try {
    const tool = Object.hasOwn(tools, call.name) ? tools[call.name] : undefined;
    if (tool === undefined) return `error: there is no tool "${call.name}"`;
    const given = await untilAborted(patience.signal, async () => tool.run(argumentsOf(call), { signal: patience.signal }));
    const text = typeof given === "string" ? given : (JSON.stringify(given) ?? "done");
    return text.slice(0, mostResult);
  } catch (thrown) {
    return `error: ${thrown instanceof Error ? thrown.message.slice(0, mostResult) : "the tool failed"}`;
  }
}

function argumentsOf(call: ToolCall): { readonly [key: string]: JsonValue } {
  if (call.arguments.trim() === "") return {};
  const args = JSON.parse(call.arguments) as unknown;
  if (typeof args === "object" && args !== null && !Array.isArray(args)) return args as { readonly [key: string]: JsonValue };
  throw errors.usage({ message: "the arguments are no object" });
}

/** A function that does not look at its signal is left behind. */
function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", giveUp));
  });
}
