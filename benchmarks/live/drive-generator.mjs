import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inPlace } from "./place.mjs";

const GENERATOR = fileURLToPath(new URL("generator.mjs", import.meta.url));

/** Starts the load generator in its place and gives its commands as functions; see `fleet.mjs`. Stop it. */
export async function startGenerator(place) {
  const [command, args] = inPlace(place, process.execPath, [GENERATOR]);
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
  const waiting = new Map();
  let nextId = 0;
  const expect = (id) =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
  child.on("message", ({ id, gives, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(gives);
    else reject(new Error(error));
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the load generator ended (${code ?? signal})`));
  });
  await expect(nextId++);
  const tell = (does) => (options) => {
    child.send({ id: nextId, does, with: options });
    return expect(nextId++);
  };
  const names = ["connect", "churn", "fetchText", "disconnect", "impair", "begin", "report"];
  return { ...Object.fromEntries(names.map((name) => [name, tell(name)])), stop: () => child.disconnect() };
}
