/** The parameters that nodes in front of an OpenAI-compatible server share, and what they mean. */
import { errors } from "@remotemedia/core";

/** Where the server is. */
export const baseUrl = {
  type: "string",
  description: "Root of the OpenAI-compatible API, such as http://127.0.0.1:11434/v1 or https://api.openai.com/v1.",
} as const;

/** Properties of a parameter schema. */
export const serverParams = {
  api_key_env: {
    type: "string",
    pattern: "^[A-Z][A-Z0-9_]*_API_KEY$",
    description:
      "Name of the environment variable that holds the key; its name must end in _API_KEY, so that a manifest cannot send other secrets away. Default: OPENAI_API_KEY where it is set and the server is reached by https or on this machine; a manifest never holds a key.",
  },
  timeout_ms: {
    type: "integer",
    minimum: 100,
    maximum: 600_000,
    default: 10_000,
    description:
      "Silence of the server that ends a request, ms: until its answer begins, attempts after failures included, and between its parts. Live, on_error.timeout_ms (30 s) counts as well.",
  },
} as const;

/** A server as a node's parameters name it. */
export interface ServerParams {
  readonly baseUrl: string;
  readonly apiKeyEnv?: string | undefined;
}

/** Where requests go. */
export interface Endpoint {
  readonly url: URL;
  readonly key: string | undefined;
}

/**
 * Finds a server and its key.
 *
 * @throws `params-invalid` when the address is none, or the environment has no key of the name that was given.
 */
export function endpointOf({ baseUrl, apiKeyEnv }: ServerParams, environment: NodeJS.ProcessEnv = process.env): Endpoint {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw errors.paramsInvalid({
      message: "base_url is not the address of a server",
      expected: "http:// or https://, without a user or a password",
      fix: "Write it as https://api.openai.com/v1; name the key's variable in api_key_env.",
    });
  if (apiKeyEnv === undefined) return { url, key: isSafe(url) ? environment["OPENAI_API_KEY"] || undefined : undefined };
  const key = environment[apiKeyEnv];
  if (!key) throw errors.paramsInvalid({ message: `the environment has no ${apiKeyEnv}`, fix: `Set it: export ${apiKeyEnv}=…` });
  return { url, key };
}

const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
