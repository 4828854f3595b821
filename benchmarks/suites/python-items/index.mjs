import { fileURLToPath } from "node:url";
import { interleave } from "../../lib/interleave.mjs";
import { pairedRatio, showRatio } from "../../lib/statistics.mjs";
import { timingTable } from "../../lib/timing-table.mjs";
import { verdict } from "../../lib/verdict.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const LEAST = 2;
const FORMS = { plain: "a plain function", coroutine: "a coroutine that does not wait" };
const NOTE =
  "The values are checked on every pass. Through the runtime every item crosses to it and back for each node, as a frame: that is what a pipeline with nodes of the runtime among them costs.";

/** 1,000 items through five Python nodes that do next to nothing. */
export async function run({ rounds, progress }) {
  const tables = [];
  const verdicts = [];
  for (const [form, words] of Object.entries(FORMS)) {
    progress(form);
    const entry = (name, way) => ({
      name,
      command: "/usr/bin/python3",
      args: [path("items.py"), path("../../../clients/python/src"), form, way],
    });
    const [ours, queues] = await interleave([entry("RemoteMedia", "local"), entry("asyncio, a task and a queue per node", "queues")], {
      rounds,
      passes: 10,
      warmUpPasses: 5,
    });
    const [served] = await interleave([entry("RemoteMedia, each node served to the runtime", "runtime")], {
      rounds: Math.min(rounds, 3),
      passes: 1,
      warmUpPasses: 2,
    });
    const title = `1,000 items through five nodes, each ${words}`;
    tables.push(timingTable(title, [ours, queues], {}, { unit: "ms", scale: 1 }));
    tables.push({ ...timingTable(`${title}, served to the runtime`, [served], {}, { unit: "ms", scale: 1 }), note: NOTE });
    verdicts.push(verdictOf(`1,000 items through five nodes, each ${words}: at least ${LEAST} × faster than asyncio queues`, ours, queues));
  }
  return { title: "Items through Python nodes", tables, verdicts };
}

function verdictOf(bar, ours, peer) {
  const skipped = ours.skipped ?? peer.skipped;
  if (skipped) return verdict(bar, skipped);
  const ratio = pairedRatio(peer.rounds, ours.rounds);
  return verdict(bar, `${showRatio(ratio)} × faster`, ratio.median >= LEAST);
}
