/**
 * The job in a fresh process, once. Prints ms: `boot` is Node.js alone until it runs a script; `import` is loading RemoteMedia; `open` builds, negotiates
 * and starts the session; `first` is the ten seconds after that, flushed and collected; `second` the same in a second session.
 */
const scriptMs = performance.now();
const { check, makeInput, preprocess } = await import("./job.mjs");
const importedMs = performance.now();
const input = makeInput();
const readyMs = performance.now();
const session = await preprocess().open();
const openedMs = performance.now();
const outputs = await pushAll(session);
const firstMs = performance.now();
check(outputs);
const again = await preprocess().run(input);
const secondMs = performance.now() - firstMs;
check(Object.values(again.outputs).flat());
console.log(
  JSON.stringify({
    boot: scriptMs,
    import: importedMs - scriptMs,
    open: openedMs - readyMs,
    first: firstMs - openedMs,
    second: secondMs,
  }),
);

async function pushAll(session) {
  const collected = (async () => {
    const frames = [];
    for await (const frame of session.output("format-convert")) frames.push(frame);
    return frames;
  })();
  await session.push(input);
  await session.close();
  return collected;
}
