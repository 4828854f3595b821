/**
 * The one error catalogue. Every error of the system is a {@link RemoteMediaError} with a code of this closed set; adding a code means adding a
 * row here and running `npm run generate`. Other languages and protocols read the same row: HTTP, gRPC, exit code, Python exception.
 */

/** What one error code means, and how other worlds say it. */
export interface ErrorEntry {
  /** What happened, in one sentence. */
  readonly summary: string;
  /** What to do about it when the place where it happened knows nothing better. */
  readonly fix: string;
  readonly httpStatus: number;
  readonly grpcStatus: string;
  /** Exit code of the command line: 1 the run failed, 2 bad usage or manifest. */
  readonly exitCode: 1 | 2;
  readonly pythonException: string;
  /** Whether the same call may succeed when it is tried again. */
  readonly retryable: boolean;
}

const entry = (
  summary: string,
  fix: string,
  httpStatus: number,
  grpcStatus: string,
  pythonException: string,
  { exitCode = 1, retryable = false }: { exitCode?: 1 | 2; retryable?: boolean } = {},
): ErrorEntry => ({ summary, fix, httpStatus, grpcStatus, exitCode, pythonException, retryable });

const usage = { exitCode: 2 } as const;
const retryable = { retryable: true } as const;

// biome-ignore format: one row per code, to be read as the table that it is
const catalogue = {
  "auth-failed": entry("The caller is not who it must be.", "Pass a valid token.", 401, "UNAUTHENTICATED", "PermissionError"),
  cancelled: entry("The work was cancelled before it ended.", "Nothing, if you cancelled it; else look at what closed the session.", 499, "CANCELLED", "asyncio.CancelledError"),
  "circuit-open": entry("A node failed too often in a row and is being left alone.", "Mend the cause of the earlier errors; it is tried again after 30 s.", 503, "UNAVAILABLE", "NodeError"),
  cycle: entry("The graph leads back into itself.", "Remove one of the connections on the path.", 400, "INVALID_ARGUMENT", "PipelineError", usage),
  deadlock: entry("No node can go on.", "Give the named edges a larger queue, or let the branch that swallows frames feed another port.", 500, "ABORTED", "PipelineError"),
  "fuel-exhausted": entry("A sandboxed node used up its computing budget.", "Grant more fuel, or make the node do less per frame.", 500, "RESOURCE_EXHAUSTED", "NodeError"),
  "grant-missing": entry("A node wants something that it was not granted.", "Grant it by name if you trust the node.", 403, "PERMISSION_DENIED", "PermissionError", usage),
  "host-unsupported": entry("This host cannot do what was asked.", "Run it on a host that offers the capability.", 501, "UNIMPLEMENTED", "NotImplementedError", usage),
  internal: entry("RemoteMedia broke one of its own rules.", "Report it with this message: it is a bug of the runtime.", 500, "INTERNAL", "RemoteMediaError"),
  "io-failed": entry("Reading or writing failed.", "Check the path, its permissions and the space left.", 500, "UNAVAILABLE", "OSError", retryable),
  "limit-exceeded": entry("A declared bound was reached.", "Raise the bound that the message names, or send less.", 413, "RESOURCE_EXHAUSTED", "PipelineError"),
  "manifest-invalid": entry("The manifest has faults.", "Mend each fault in the list.", 400, "INVALID_ARGUMENT", "ConfigurationError", usage),
  "media-incompatible": entry("Two ports do not agree on a format, and no converter helps.", "Insert a node that converts, or change a parameter.", 400, "INVALID_ARGUMENT", "PipelineError", usage),
  "media-invalid": entry("Media data are not what they claim to be.", "Check how the data were made.", 422, "INVALID_ARGUMENT", "ValueError"),
  "memory-exhausted": entry("A sandboxed node wants more memory than it was granted.", "Grant more memory.", 500, "RESOURCE_EXHAUSTED", "MemoryError"),
  "node-failed": entry("A node threw an error.", "Read the cause; `on_error` says what happens next.", 500, "INTERNAL", "NodeError", retryable),
  "node-unknown": entry("No node of this type is registered.", "Check the spelling, or register the node.", 400, "NOT_FOUND", "ConfigurationError", usage),
  "not-serializable": entry("Something that exists only in this process cannot travel in a manifest.", "Declare it with defineNode and register it where it shall run.", 400, "INVALID_ARGUMENT", "SerializationError", usage),
  overflow: entry("More was put into a queue than it may hold.", "Await what emit or push returns.", 429, "RESOURCE_EXHAUSTED", "PipelineError"),
  "package-invalid": entry("A package is damaged or incomplete.", "Build and push it again.", 422, "DATA_LOSS", "ConfigurationError", usage),
  "params-invalid": entry("Parameters of a node do not fit its schema.", "`remotemedia nodes info TYPE` lists them.", 400, "INVALID_ARGUMENT", "ValueError", usage),
  "port-unknown": entry("The node has no such port.", "`remotemedia nodes info TYPE` lists the ports.", 400, "NOT_FOUND", "ConfigurationError", usage),
  "signature-invalid": entry("A signature does not fit, or no policy trusts its key.", "Get the package from its author again, or name the key in the policy.", 403, "PERMISSION_DENIED", "PermissionError"),
  "start-failed": entry("A node could not be started.", "Read the cause.", 500, "FAILED_PRECONDITION", "NodeError"),
  timeout: entry("Something took longer than its deadline.", "Raise the deadline, or find what hangs.", 504, "DEADLINE_EXCEEDED", "TimeoutError", retryable),
  "transport-failed": entry("A connection was lost.", "Check the network; the session can be opened again.", 502, "UNAVAILABLE", "ConnectionError", retryable),
  trapped: entry("A sandboxed node crashed inside its sandbox.", "Report it to the author of the node.", 500, "ABORTED", "NodeError"),
  usage: entry("The call does not make sense.", "Read the message; the documentation of the function shows how.", 400, "INVALID_ARGUMENT", "TypeError", usage),
} as const satisfies Record<string, ErrorEntry>;

/** A code of the closed set. */
export type ErrorCode = keyof typeof catalogue;

/** What every code means; `docs/errors.md` is made from it. */
export const errorCatalogue: Readonly<Record<ErrorCode, ErrorEntry>> = catalogue;

/** One fault of a manifest. */
export interface Fault {
  readonly code: ErrorCode;
  /** JSON pointer into the manifest, `""` for the whole. */
  readonly pointer: string;
  readonly message: string;
  /** What to write instead, where that can be said. */
  readonly fix?: string;
}

/** Where an error happened and what to do about it; all optional but the message. */
export interface ErrorDetails {
  /** What happened, with the values that came. */
  readonly message: string;
  /** Id of the node. */
  readonly node?: string | undefined;
  /** Port of the node. */
  readonly port?: string | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
  /** What to do; default: the catalogue's advice. */
  readonly fix?: string | undefined;
  readonly cause?: unknown;
  /** All faults of a manifest at once. */
  readonly faults?: readonly Fault[] | undefined;
}

// Workers and double installs have classes of their own, so `instanceof` would miss their errors; a registered symbol does not.
const brand: unique symbol = Symbol.for("remotemedia.error") as never;

/**
 * The only error class. Do not construct it: use {@link errors}, which has one factory per code.
 *
 * @example
 * try { await pipeline.run(); } catch (error) {
 *   if (isRemoteMediaError(error) && error.code === "io-failed") console.error(error.fix);
 * }
 */
export class RemoteMediaError extends Error {
  readonly [brand] = true;
  override readonly name = "RemoteMediaError";
  readonly code: ErrorCode;
  // Declared, not defined: what is not known shall not show in an uncaught error.
  declare readonly node?: string;
  declare readonly port?: string;
  declare readonly expected?: string;
  declare readonly received?: string;
  /** What to do about it. */
  readonly fix: string;
  /** All faults at once where a manifest was validated, else empty. */
  readonly faults: readonly Fault[];

  /** @internal */
  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    const { node, port, expected, received } = details;
    Object.assign(
      this,
      node !== undefined && { node },
      port !== undefined && { port },
      expected !== undefined && { expected },
      received !== undefined && { received },
    );
    this.fix = details.fix ?? catalogue[code].fix;
    this.faults = details.faults ?? [];
  }

  /** Code, place, expectation, what came, advice: a line each, as the command line prints them. */
  override toString(): string {
    const place = this.node === undefined ? "" : ` at ${this.node}${this.port === undefined ? "" : `.${this.port}`}`;
    const lines = [`${this.code}${place}: ${this.message}`];
    if (this.expected !== undefined) lines.push(`  expected: ${this.expected}`);
    if (this.received !== undefined) lines.push(`  received: ${this.received}`);
    for (const fault of this.faults) {
      // A single fault has given its message to the error.
      const what = fault.message === this.message ? "" : `: ${fault.message}`;
      lines.push(`  ${fault.pointer || "/"}${what}${fault.fix === undefined ? "" : ` (${fault.fix})`}`);
    }
    lines.push(`  fix: ${this.fix}`);
    return lines.join("\n");
  }

  /** The same as plain JSON: for wires, `--json` and logs. The cause is given as text. */
  toJSON(): Record<string, unknown> {
    const { code, message, node, port, expected, received, fix, faults } = this;
    const cause = this.cause === undefined ? undefined : String(this.cause);
    return { code, message, node, port, expected, received, fix, ...(faults.length > 0 && { faults }), cause };
  }
}

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S;
type Factories = { readonly [C in ErrorCode as CamelCase<C>]: (details: ErrorDetails) => RemoteMediaError };

const camelCase = (code: string): string => code.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * One factory per code.
 *
 * @example throw errors.ioFailed({ node: "in", message: "cannot open a.wav", cause });
 */
export const errors = Object.fromEntries(
  Object.keys(catalogue).map((code) => [camelCase(code), (details: ErrorDetails) => new RemoteMediaError(code as ErrorCode, details)]),
) as Factories;

/** Whether a value is an error of this system, also from another copy of the library or another worker. */
export const isRemoteMediaError = (value: unknown): value is RemoteMediaError =>
  typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;

/** An error whose code is known only while running. */
export const errorOfCode = (code: ErrorCode, details: ErrorDetails): RemoteMediaError => new RemoteMediaError(code, details);

/** What was thrown, as an error of this system: if it is one already it learns at most its node, else it is the cause of a new one. */
export function errorFrom(thrown: unknown, code: ErrorCode, details: Partial<ErrorDetails> = {}): RemoteMediaError {
  if (isRemoteMediaError(thrown))
    return thrown.node === undefined && details.node !== undefined ? Object.assign(thrown, { node: details.node }) : thrown;
  const message = details.message ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new RemoteMediaError(code, { ...details, message, cause: thrown });
}
