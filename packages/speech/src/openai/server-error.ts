/** What goes wrong with a server, as errors that say what to do. They hold no key, and of what the server says only the beginning. */
import { errorFrom, errors, isRemoteMediaError, type RemoteMediaError } from "@remotemedia/core";

const mostExcerpt = 200;

/** The beginning of what a server says about its error: its `message` if it is JSON, on one line, without the key. */
export function excerptOf(text: string, key: string | undefined): string {
  const said = messageIn(text).replace(/\s+/g, " ").trim();
  const safe = key === undefined ? said : said.replaceAll(key, "[key]");
  return safe.length > mostExcerpt ? `${safe.slice(0, mostExcerpt)}…` : safe;
}

function messageIn(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const found = (error as { message?: unknown } | null | undefined)?.message ?? error ?? message;
    return typeof found === "string" ? found : text;
  } catch {
    return text;
  }
}

/** The server has answered that it will not. */
export function refused(host: string, status: number, excerpt: string): RemoteMediaError {
  const message = `${host} answered ${status}`;
  const received = excerpt === "" ? undefined : excerpt;
  const details = (fix: string) => ({ message, received, fix });
  if (status === 401 || status === 403)
    return errors.authFailed(details("Check the key in the environment variable that api_key_env names."));
  if (status === 429)
    return errors.limitExceeded(details("The server limits requests or the account is used up: wait, or raise the limit there."));
  if (status >= 300 && status < 400) return errors.paramsInvalid(details("The server is elsewhere: set base_url to where it redirects."));
  if (status === 408 || status >= 500)
    return errors.transportFailed(details("The server has a problem of its own: try again, or read its log."));
  return errors.paramsInvalid(details("Check base_url, which mostly ends in /v1, the model's name, and the other parameters."));
}

const reasons: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ECONNREFUSED: ["nobody listens there", "Start the server, or mend base_url."],
  ENOTFOUND: ["its name is not known", "Mend the host in base_url, or check the network."],
  EAI_AGAIN: ["its name could not be looked up", "Check the network."],
  EHOSTUNREACH: ["there is no way to it", "Check the network."],
  ENETUNREACH: ["there is no way to it", "Check the network."],
  ETIMEDOUT: ["it does not answer", "Check the network and the port in base_url."],
  UND_ERR_CONNECT_TIMEOUT: ["it does not answer", "Check the network and the port in base_url."],
};

/** The connection did not come about, or was lost. */
export function disconnected(thrown: unknown, host: string): RemoteMediaError {
  if (isRemoteMediaError(thrown)) return thrown;
  const cause = thrown instanceof Error ? (thrown.cause as { code?: unknown; message?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === "string" ? cause.code : "";
  const isTls = /CERT|SSL|TLS|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
  const [what, fix] =
    reasons[code] ??
    (isTls
      ? [
          "its certificate is not trusted, or it does not speak TLS",
          "Check http or https in base_url; own authorities go into NODE_EXTRA_CA_CERTS.",
        ]
      : ["the connection was lost", "Look into the log of the server; the next request is tried anew."]);
  return errors.transportFailed({ message: `no connection to ${host}: ${what}`, received: code || undefined, fix, cause: thrown });
}

/** The server has sent what nobody can read. */
export const garbled = (host: string, what: string, received?: string): RemoteMediaError =>
  errors.transportFailed({ message: `${host} ${what}`, received, fix: "Check that base_url is the root of an OpenAI-compatible API." });

/** Why a request ended: what aborted it, if something did, else what was thrown. */
export const endedBy = (thrown: unknown, signal: AbortSignal, host: string): RemoteMediaError =>
  signal.aborted ? errorFrom(signal.reason, "cancelled", { message: "the request was given up" }) : disconnected(thrown, host);
