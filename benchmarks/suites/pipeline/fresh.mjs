/**
 * A fresh process, once: `fresh.mjs live|batch`. Prints ms. `boot` is Node.js alone until it runs a script, `import` is loading RemoteMedia. Live:
 * `open` builds, negotiates and starts the session, `frame` is its first 20 ms until they came out, `job` the ten seconds after that, in such frames. Batch:
 * `job` is the whole of `run` with ten seconds in one array, `second` the same again.
 */
const scriptMs = performance.now();
const { check, INPUT, makeBlocks, makeInput, OUTPUT, preprocess } = await import("./job.mjs");
const importMs = performance.now() - scriptMs;

const live = async () => {
  const frames = [...makeBlocks(0.02)(0)];
  const [session, open] = await timed(() => preprocess().open({ input: INPUT }));
  const outputs = session.output(OUTPUT);
  const [, frame] = await timed(async () => {
    await session.push(frames[0]);
    await outputs.next();
  });
  const [, job] = await timed(async () => {
    for (const next of frames.slice(1)) {
      await session.push(next);
      await outputs.next();
    }
  });
  await session.close();
  return { open, frame, job };
};

const batch = async () => {
  const input = makeInput();
  const [first, job] = await timed(() => preprocess().run(input));
  check(Object.values(first.outputs).flat());
  const [, second] = await timed(() => preprocess().run(input));
  return { job, second };
};

console.log(JSON.stringify({ boot: scriptMs, import: importMs, ...(await { live, batch }[process.argv[2]]()) }));

async function timed(work) {
  const startMs = performance.now();
  return [await work(), performance.now() - startMs];
}
