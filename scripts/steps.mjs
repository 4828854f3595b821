// How the scripts run things: a child process with the terminal's output, and a list of named steps with their times.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root, where every step runs. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The script of a pinned tool, to be run by {@link runNode}: going through `npx` would cost half a second each time. */
export const tool = (path) => join(root, "node_modules", path);

/** Runs a program in the root with the terminal's output; true when it ended with exit code 0. */
export const runProgram = (program, argv, options = {}) =>
  spawnSync(program, argv, { cwd: root, stdio: "inherit", ...options }).status === 0;

/** Runs a script with this Node.js. */
export const runNode = (argv, options) => runProgram(process.execPath, argv, options);

/**
 * Runs steps in order, prints each one's name and time (`quiet`: only of the one that fails), and stops at the first that fails.
 * @param {readonly (readonly [name: string, run: () => boolean | Promise<boolean>])[]} steps
 * @returns whether all passed
 */
export async function runSteps(steps, { quiet = false } = {}) {
  for (const [name, run] of steps) {
    const start = performance.now();
    const passed = await run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (!(passed && quiet)) console.log(`${passed ? "✓" : "✗"} ${name} (${seconds} s)`);
    if (!passed) return false;
  }
  return true;
}
