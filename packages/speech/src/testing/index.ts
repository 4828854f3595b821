/** The test kit of voice agents: scripted callers who speak, pause, talk over the answer, and say what came of it. */
export { type CallOptions, callAgent } from "./call-agent.ts";
export { type CallExpectation, CallRecord, type CallTurn, type Utterance } from "./call-record.ts";
export { callRate, hears, hearsFor, plays, type SayOptions, type Step, says, waits } from "./steps.ts";
export { wordErrorRate } from "./word-errors.ts";
