import { noStats, VirtualClock } from "@remotemedia/core";
import { describe, expect, it } from "vitest";
import { watchFlow } from "../src/client/flow-watch.ts";

/** A watch over a connection whose packets the test counts. */
function watched({ canRestart = true, restartHelps = false } = {}) {
  const clock = new VirtualClock();
  const connection = { packetsReceived: 0, restarts: 0, replaced: 0 };
  const end = watchFlow({
    clock,
    stats: () => ({ ...noStats, packetsReceived: connection.packetsReceived }),
    async restart() {
      connection.restarts++;
      if (!canRestart) throw new Error("the signaling is gone as well");
      if (restartHelps) connection.packetsReceived++;
    },
    replace: () => connection.replaced++,
  });
  const flow = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      connection.packetsReceived++;
      await clock.advance(250);
    }
  };
  return { clock, connection, flow, end };
}

describe("a watch over packets", () => {
  it("lets a connection alone that never carried any, and one that pauses for less than 3 s", async () => {
    const { clock, connection, flow } = watched();
    await clock.advance(60_000);
    await flow(1_000);
    await clock.advance(2_500);
    await flow(1_000);
    expect(connection).toMatchObject({ restarts: 0, replaced: 0 });
  });

  it("restarts once where that helps, and watches on", async () => {
    const { clock, connection } = watched({ restartHelps: true });
    connection.packetsReceived++;
    await clock.advance(4_500);
    expect(connection).toMatchObject({ restarts: 1, replaced: 0 });
    await clock.advance(5_000);
    expect(connection).toMatchObject({ restarts: 2, replaced: 0 });
  });

  it.each([true, false])("has the connection replaced a second after a restart that did not help (answered: %s)", async (canRestart) => {
    const { clock, connection, flow } = watched({ canRestart });
    await flow(500);
    await clock.advance(3_500);
    expect(connection).toMatchObject({ restarts: 1, replaced: 0 });
    await clock.advance(1_000);
    expect(connection).toMatchObject({ restarts: 1, replaced: 1 });
    expect(clock.pending).toBe(0);
  });

  it("does nothing any more when it was ended, also while a restart is under way", async () => {
    const { clock, connection, flow, end } = watched();
    await flow(500);
    await clock.advance(3_500);
    end();
    await clock.advance(10_000);
    expect(connection).toMatchObject({ restarts: 1, replaced: 0 });
  });
});
