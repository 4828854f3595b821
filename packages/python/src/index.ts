/** Front door of `@remotemedia/python`: nodes that are written in Python. */
import { python, pythonSource } from "./python-nodes.ts";

export { PythonError } from "./python-error.ts";
export { python, pythonSource } from "./python-nodes.ts";

/** Every node type of this package. */
export const pythonNodes = [python, pythonSource] as const;
