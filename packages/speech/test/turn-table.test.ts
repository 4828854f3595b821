import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type TurnEvent, type TurnState, type TurnStep, turnTable } from "../src/turns/turn-machine.ts";

const document = readFileSync(new URL("../../../docs/turns.md", import.meta.url), "utf8");
const states = Object.keys(turnTable) as TurnState[];
const events = [...new Set(states.flatMap((state) => Object.keys(turnTable[state])))] as TurnEvent[];

function cell(state: TurnState, event: TurnEvent): string {
  const step = turnTable[state][event];
  return step === undefined ? "" : [...step.actions, `→ ${step.next}`].join(", ").replace(", →", " →");
}

it("docs/turns.md shows the table that the policy works by", () => {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [
    row(["event", ...states.map((state) => `\`${state}\``)]),
    row(["event", ...states].map(() => "---")),
    ...events.map((event) => row([`\`${event}\``, ...states.map((state) => cell(state, event))])),
  ].join("\n");
  const written = /<!-- turn table -->\n\n?([\s\S]*?)\n?\n<!-- \/turn table -->/.exec(document)?.[1];
  expect(written).toBe(table);
});

it("the policy comes back to idle from every state, and nothing stays on hold", () => {
  const next = (state: TurnState): TurnState[] => Object.values(turnTable[state]).map((step) => step.next);
  for (const state of states) {
    const seen = new Set([state]);
    for (const reached of seen) for (const other of next(reached)) seen.add(other);
    expect(seen.has("idle")).toBe(true);
  }
  const isHeld = (state: TurnState): boolean => state === "held" || state === "judging";
  for (const state of states.filter(isHeld)) {
    for (const [event, { actions, next: to }] of Object.entries(turnTable[state])) {
      const ends = actions.includes("release") || actions.includes("interrupt") || event === "raised";
      expect([event, isHeld(to) || ends]).toEqual([event, true]);
    }
    expect(turnTable[state]["held-too-long"]).toBeDefined();
  }
});

it("10,000 random sequences of events: every turn that begins is given, an answer is held only while it is in question", () => {
  const quiet: readonly TurnEvent[] = ["silence", "held-too-long", "turn-over"];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (walk) => {
      let state: TurnState = "idle";
      let [isHeld, hasBegun, isLost] = [false, false, false];
      for (const event of [...walk, ...quiet]) {
        const { actions, next }: TurnStep = turnTable[state][event] ?? { actions: [], next: state };
        if (event === "raised") isHeld = false;
        for (const action of actions) {
          if (action === "hold") isHeld = true;
          if (action === "release" || action === "interrupt") isHeld = false;
          if (action === "begin") hasBegun = true;
          // What has the floor leaves by "give" alone.
          if (action === "forget" || action === "ignore") isLost ||= hasBegun;
          if (action === "give") hasBegun = false;
        }
        state = next;
        const isInQuestion = state === "held" || state === "judging";
        const hasFloor = state === "listening" || state === "waiting";
        if (isLost || isHeld !== isInQuestion || hasBegun !== hasFloor) return false;
      }
      return state === "idle";
    }),
    { numRuns: 10_000, seed: 7, endOnFailure: true },
  );
});
