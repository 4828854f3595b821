/** The Python that tests run: the first with numpy. */
import { spawnSync } from "node:child_process";

const hasNumpy = (python: string): boolean => spawnSync(python, ["-c", "import numpy"]).status === 0;

/** Its command; undefined where there is none. */
export const testPython: string | undefined = [process.env.REMOTEMEDIA_PYTHON, "python3", "/usr/bin/python3"]
  .filter((python) => python !== undefined)
  .find(hasNumpy);

if (testPython !== undefined) process.env.REMOTEMEDIA_PYTHON = testPython;
