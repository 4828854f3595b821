/**
 * The load generator: a process of its own that is told over IPC what to do, `{ id, does, with }`, and answers `{ id, gives | error }`. The parent pins it
 * to a core of its own; its packets are encoded before anything is measured.
 */
import { createFleet } from "./fleet.mjs";

const fleet = createFleet();
process.on("message", async ({ id, does, with: options }) => {
  try {
    process.send({ id, gives: (await fleet[does](options)) ?? null });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on("disconnect", () => process.exit());
process.send({ id: 0, gives: "ready" });
