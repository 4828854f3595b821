import { createInterface } from "node:readline";

/**
 * The contestant's side of the protocol in JavaScript: says that it is ready, then for every line "N" runs N passes and answers with their
 * times in ns. `pass` may be async; a synchronous one is not awaited, which would cost a microtask. `more` adds to each answer.
 */
export async function servePasses(info, pass, more = () => ({})) {
  console.log(JSON.stringify({ ready: true, ...info }));
  for await (const line of createInterface({ input: process.stdin })) {
    const ns = [];
    for (let left = Number(line); left > 0; left--) {
      const start = process.hrtime.bigint();
      const pending = pass();
      if (pending) await pending;
      ns.push(Number(process.hrtime.bigint() - start));
    }
    console.log(JSON.stringify({ ns, ...more() }));
  }
}

/** Ends a contestant that cannot run here, with the reason that the report will show. */
export function skip(reason) {
  console.log(JSON.stringify({ skipped: reason }));
  process.exit(77);
}
