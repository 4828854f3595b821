/** Front door of `@remotemedia/python`: nodes that are written in Python, in worker processes. */
import { python, pythonSource } from "./python-nodes.ts";

export { type AttachedWorker, attachWorker } from "./attached-worker.ts";
export { describePython, type PythonFinding } from "./describe-python.ts";
export { serveEngine } from "./engine.ts";
export { PythonError } from "./python-error.ts";
export { type PythonParams, type PythonSourceParams, python, pythonSource, pythonType } from "./python-nodes.ts";
export type { WorkerFacts } from "./python-worker.ts";
export { type InstallOptions, installPythonDeps } from "./virtual-environment.ts";
export { protocolVersion } from "./wire.ts";

/** Every node type of this package. */
export const pythonNodes = [python, pythonSource] as const;
