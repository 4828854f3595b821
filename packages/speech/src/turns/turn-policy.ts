import { defineNode, type EventFrame, event, type NodeContext, type Output, type TextFrame, text } from "@remotemedia/core";
import { BatchTurns } from "./batch-turns.ts";
import { LiveTurns } from "./live-turns.ts";
import { turnParams } from "./turn-params.ts";

/**
 * Decides when the user has finished and when the agent is interrupted. `in` takes texts of a recognizer, partial and final; `events`
 * takes `speech-started` and `speech-stopped` of a detector. One final text leaves for each turn, flagged `end`, always with the current
 * turn; where the user went on before an answer was heard, its metadata says `replaces_turn`, and it contains that turn's text. What is
 * done when is the table in `turn-machine.ts`. In a batch nothing is interrupted, and media time decides.
 *
 * `events` tells `turn-started` {turn}, `turn-ended` {turn, text, silence_ms, reason: silence | complete | unfinished | asr-timeout | end},
 * `backchannel` {text}, `false-interruption`, `interrupted` {heard_us, text}. A turn without any words ends with the text "", and no text
 * leaves. Do not name its triggers in `interrupt_on` as well: it interrupts by itself.
 */
export const turnPolicy = defineNode({
  type: "turn-policy",
  description: "Decides when the user has finished, and whether what is said while an answer is played interrupts it.",
  inputs: { in: text(), events: event() },
  outputs: { out: text(), events: event() },
  params: turnParams,
  create: (params) => {
    let context: NodeContext;
    let turns: LiveTurns | BatchTurns;
    return {
      start: (given: NodeContext) => void (context = given),
      // All that leaves goes through this `out`: what ends a turn may have been said before the interruption that it caused.
      produce(out: Output<"out" | "events">) {
        turns = context.mode === "live" ? new LiveTurns(params, context, out) : new BatchTurns(params, out);
      },
      process: (frame: TextFrame | EventFrame) => (frame.kind === "text" ? turns.takeText(frame) : turns.takeEvent(frame)),
      flush: () => turns.flush(),
      interrupt: () => turns.raised(),
      stop: () => turns?.stop(),
    };
  },
});
