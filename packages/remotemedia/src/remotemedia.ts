#!/usr/bin/env node
/** The command `remotemedia`. The build bundles it with all it needs into one file, because loading many is most of its start-up. */
import { main } from "./cli/main.ts";
import { flushed } from "./cli/terminal.ts";

const exitCode = await main(process.argv.slice(2));
await flushed();
// What a pipeline left behind after its deadline must not keep the process alive.
process.exit(exitCode);
