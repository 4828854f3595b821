/** Random conversations over the turn policy in a real session: whatever comes when, nothing is stuck, lost or stale. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Call, hangoverMs } from "./turn-call.ts";

// Long enough that the rest of whatever goes on is over: recognition, both timeouts, an answer.
const quietMs = 12_000;

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      ms: fc.integer({ min: 110, max: 2_500 }),
      words: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("backchannel" as const), ms: fc.integer({ min: 110, max: 600 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cough" as const), ms: fc.integer({ min: 20, max: 400 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "interrupt" as const }) },
);
const walk = fc.record({
  steps: fc.array(fc.tuple(action, fc.integer({ min: 0, max: 2_500 })), { minLength: 8, maxLength: 12 }),
  delays: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 7, maxLength: 7 }),
  bargeIn: fc.constantFrom("hold", "immediate"),
  mode: fc.constantFrom("silence", "adaptive", "full"),
});

// 400 walks; each step is two events and one or more texts.
const walks = 400;

it("10,000 random events: idle after quiet, nothing held, every word asked once, no stale sample", async () => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(walk, async ({ steps: given, delays, bargeIn, mode }) => {
      let drawn = 0;
      const delay = (): number => delays[drawn++ % delays.length] as number;
      const call = await Call.open({
        params: { barge_in: bargeIn, mode },
        asrMs: delay,
        chatMs: delay,
        ttsMs: delay,
        answerMs: () => 100 + 3 * delay(),
        frameMs: 100,
      });
      const said: string[] = [];
      const cuts: { turn: number; atUs: number }[] = [];
      call.session.onTurn(({ type, turn, atUs }) => type === "interrupted" && cuts.push({ turn, atUs }));
      for (const [step, pauseMs] of given) {
        steps++;
        if (step.kind === "say") {
          const words = Array.from({ length: step.words }, (_, i) => `word${said.length + i}`);
          said.push(...words);
          call.says(`${words.join(" ")}.`, step.ms);
        } else if (step.kind === "interrupt") call.session.interrupt("somebody");
        else call.says(step.kind === "backchannel" ? "Mm-hm." : "", step.ms);
        // What comes closer together a detector takes for one.
        await call.clock.advance(("ms" in step ? step.ms + hangoverMs + 10 : 0) + pauseMs);
      }
      await call.clock.advance(quietMs);
      const told = JSON.stringify({ told: call.told, asked: call.asked });
      expect(call.isHeld, told).toBe(false);
      expect(call.told.filter((name) => name === "turn-started").length, told).toBe(
        call.told.filter((name) => name === "turn-ended").length,
      );
      const heard = call.asked.filter(({ turn }) => !call.asked.some(({ replaces }) => replaces === turn));
      expect(
        heard.flatMap(({ text }) => text.match(/word\d+/g) ?? []),
        told,
      ).toEqual(said);
      for (const { turn, atUs } of cuts)
        expect(
          call.played.filter((played) => played.turn <= turn && played.atUs > atUs),
          told,
        ).toEqual([]);
      await call.close();
      expect(call.clock.pending).toBe(0);
    }),
    { numRuns: walks, seed: 7, endOnFailure: true },
  );
  expect(steps).toBeGreaterThan(8 * walks);
});

it("closed at any moment: what was recognized is asked, nothing is left running", async () => {
  const moments = Array.from({ length: 60 }, (_, i) => 60 * i + 7);
  for (const atMs of moments) {
    const call = await Call.open({ frameMs: 100, answerMs: () => 1_000 });
    call.says("First.", 400);
    call.clock.setTimer(1_000, () => call.says("Second one.", 500));
    call.clock.setTimer(2_200, () => call.says("Mm-hm.", 300));
    await call.clock.advance(atMs);
    const recognized = atMs >= 400 + hangoverMs + 50 ? 1 : 0;
    await call.close();
    const asked = call.asked.filter(({ text }) => text.includes("First"));
    expect([atMs, asked.length >= recognized, call.clock.pending]).toEqual([atMs, true, 0]);
  }
});
