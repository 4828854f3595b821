/** Failures of Python code as errors of the system, with the user's own traceback. */
import { type ErrorCode, errorCatalogue, errorOfCode, type RemoteMediaError } from "@remotemedia/core";

/** FAILED, as a worker says it. */
export interface PythonFailure {
  readonly type: string;
  readonly message: string;
  readonly traceback?: string;
  readonly file?: string;
  readonly line?: number;
  readonly function?: string;
  /** Of the closed set, where the worker knows better than `node-failed`. */
  readonly code?: string;
  readonly fix?: string;
  /** What could not be imported. */
  readonly module?: string;
}

/** The exception that Python raised: the cause of the error that a session reports. */
export class PythonError extends Error {
  override readonly name = "PythonError";
  /** Its class in Python. */
  readonly type: string;
  /** As Python prints it, without the worker's own lines. */
  readonly traceback: string;

  /** @internal */
  constructor({ type, message, traceback = "" }: PythonFailure) {
    super(`${type}: ${message}`);
    this.type = type;
    this.traceback = traceback;
    this.stack = traceback || this.message;
  }

  override toString(): string {
    return this.traceback || this.message;
  }
}

// What is imported under another name than it is installed under.
const distributions: Readonly<Record<string, string>> = {
  ...{ cv2: "opencv-python", PIL: "pillow", sklearn: "scikit-learn", yaml: "pyyaml", skimage: "scikit-image", bs4: "beautifulsoup4" },
};

/** A failure as an error with the place in the user's code and the advice for it. */
export function errorOfFailure(failure: PythonFailure, otherwise: ErrorCode, node: string): RemoteMediaError {
  const { type, message, file, line, code, module } = failure;
  const place = file === undefined ? "" : ` (${file}:${line}${failure.function ? `, in ${failure.function}` : ""})`;
  const isOwn = code !== undefined;
  return errorOfCode(isOwn && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : otherwise, {
    node,
    message: isOwn ? message : `${type}${message === "" ? "" : `: ${message}`}${place}`,
    fix: failure.fix ?? (module === undefined ? undefined : adviceFor(module)),
    cause: isOwn && !failure.traceback ? undefined : new PythonError(failure),
  });
}

function adviceFor(module: string): string {
  const [top = module] = module.split(".");
  const name = distributions[top] ?? top;
  return `pip install ${name} for the Python that runs the node, or name it in python_deps: ["${name}"].`;
}
