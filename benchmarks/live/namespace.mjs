import { spawnSync } from "node:child_process";

const NAME = "remotemedia-bench";
/** The address inside; it is for documentation (RFC 5737) and leads nowhere else. */
export const NAMESPACE_ADDRESS = "192.0.2.1";

/**
 * A network namespace with an interface besides loopback, for peers that refuse 127.0.0.1: packets to its own address take the same way as ours. It has a default
 * route, which leads nowhere, because browsers look for an address along it. Needs root. Gives `{ name, remove }` or `{ skipped }`.
 */
export function createNamespace() {
  const steps = [
    ["netns", "add", NAME],
    ["-n", NAME, "link", "set", "lo", "up"],
    ["-n", NAME, "link", "add", "media", "type", "veth", "peer", "name", "end"],
    ["-n", NAME, "address", "add", `${NAMESPACE_ADDRESS}/24`, "dev", "media"],
    ["-n", NAME, "link", "set", "media", "up"],
    ["-n", NAME, "link", "set", "end", "up"],
    ["-n", NAME, "route", "add", "default", "dev", "media"],
  ];
  remove();
  for (const step of steps) {
    const { status, stderr, error } = spawnSync("ip", step, { encoding: "utf8" });
    if (status === 0) continue;
    remove();
    return { skipped: `no network namespace: ${error ? "ip is not installed" : stderr.trim()}` };
  }
  return { name: NAME, remove };
}

function remove() {
  spawnSync("ip", ["netns", "delete", NAME]);
}
