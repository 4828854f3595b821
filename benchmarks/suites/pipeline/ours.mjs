/**
 * The whole job as a contestant: `ours.mjs run|stream|live`.
 *
 * `run` opens the pipeline on every pass, gives it ten seconds in one array, flushes and collects. `stream` and `live` stay open, as the peers' contexts do:
 * a batch that reads blocks of half a second, as file sources give them, and a live session that is pushed frames of 20 ms.
 */
import { createRequire } from "node:module";
import { servePasses } from "../../lib/serve-passes.mjs";
import { check, checkCount, INPUT, makeBlocks, makeInput, OUTPUT, OUTPUT_RATE, preprocess, SECONDS } from "./job.mjs";

const { version } = createRequire(import.meta.url)("../../../packages/remotemedia/package.json");
const HELD_BACK = OUTPUT_RATE / 2; // samples, at most, by a batch resampler
const FRAMES_PER_TURN = 10; // what a live queue holds, with room to spare
const started = process.hrtime.bigint();
const pass = await { run: openRun, stream: openStream, live: openLive }[process.argv[2]]();
await servePasses({ library: `RemoteMedia ${version}`, openNs: Number(process.hrtime.bigint() - started) }, pass);

function openRun() {
  const pipeline = preprocess();
  const input = makeInput();
  return async () => {
    const { outputs } = await pipeline.run(input);
    check(Object.values(outputs).flat());
  };
}

/**
 * A pass gives ten seconds and is over when ten more seconds came out, less what the resampler may hold back: the input may be asked for before all of
 * its output was read, so it cannot tell.
 */
async function openStream() {
  const frames = makeBlocks(0.5);
  let [asked, passes, received] = [0, 0, 0];
  let [begin, end] = [];
  const isOver = () => received >= asked * SECONDS * OUTPUT_RATE - HELD_BACK;
  async function* input() {
    for (;;) {
      while (passes === asked)
        await new Promise((resolve) => {
          begin = resolve;
        });
      yield* frames(passes++);
    }
  }
  const failed = read(preprocess().stream(input(), { borrow: true }), (frame) => {
    received += frame.numberOfFrames;
    if (isOver()) end();
  });
  while (begin === undefined) await Promise.race([new Promise(setImmediate), failed]);
  return async () => {
    const ended = new Promise((resolve) => {
      end = resolve;
    });
    asked++;
    begin();
    await Promise.race([ended, failed]);
    checkCount(received, asked, HELD_BACK / OUTPUT_RATE);
  };
}

async function openLive() {
  const frames = makeBlocks(0.02);
  let [passes, received] = [0, 0];
  const session = await preprocess().open({ input: INPUT });
  void read(session.output(OUTPUT, { borrow: true }), (frame) => {
    received += frame.numberOfFrames;
  });
  return async () => {
    let pushed = 0;
    for (const frame of frames(passes++)) {
      const pending = session.push(frame);
      if (pending) await pending;
      if (++pushed % FRAMES_PER_TURN === 0) await new Promise(setImmediate);
    }
    checkCount(received, passes, 0.1);
  };
}

async function read(frames, each) {
  for await (const frame of frames) each(frame);
}
