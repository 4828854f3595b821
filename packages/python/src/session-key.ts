/** Which nodes belong to one session: an executor makes all its nodes in one go, and tells them of nothing that they have in common. */

let current: object | undefined;

/** The same object for all nodes that are made together. */
export function sessionKey(): object {
  if (current === undefined) {
    current = {};
    queueMicrotask(() => {
      current = undefined;
    });
  }
  return current;
}
