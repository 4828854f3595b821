import { errorCatalogue, errorFrom, errors, isRemoteMediaError, type RemoteMediaError } from "@remotemedia/core";
import { version } from "../version.ts";
import { parseCall } from "./arguments.ts";
import { commands } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";
import { printError } from "./print-error.ts";
import { printLine, standardOutputIsClosed, watchStandardOutput } from "./terminal.ts";
import { unknownCommand } from "./unknown-command.ts";

/** The command line from its arguments to its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  watchStandardOutput();
  try {
    return await dispatch(argv);
  } catch (thrown) {
    // Whoever read the output has enough of it: nothing is wrong, and nobody is there to be told.
    if (standardOutputIsClosed()) return 0;
    const error = advised(isRemoteMediaError(thrown) ? thrown : errorFrom(thrown, "internal"), argv);
    return printError(error, { asJson: argv.includes("--json"), withCause: argv.includes("-v") || argv.includes("--verbose") });
  }
}

/** Where the error knows no better advice than the catalogue's, which is for callers of functions, the help is. */
function advised(error: RemoteMediaError, argv: readonly string[]): RemoteMediaError {
  const { code, message, expected, received, fix, faults, cause } = error;
  if (code === "node-unknown" && fix === errorCatalogue["node-unknown"].fix) {
    const advice = "Check the spelling: `remotemedia nodes` lists them. Nodes of your own: --use FILE.";
    return errors.nodeUnknown({ message, expected, received, faults, cause, fix: advice });
  }
  if (code !== "usage" || fix !== errorCatalogue.usage.fix) return error;
  const name = argv.find((argument) => Object.hasOwn(commands, argument));
  return errors.usage({ message, expected, received, cause, fix: `See remotemedia ${name === undefined ? "" : `${name} `}--help.` });
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const at = argv.findIndex((argument) => !argument.startsWith("-"));
  const [name, rest] = at < 0 ? [undefined, argv] : [argv[at] as string, argv.toSpliced(at, 1)];
  if (name === "help") return dispatch([...rest, "--help"]);
  if (name === undefined) return introduce(rest);
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) throw await unknownCommand(name);
  const command = await entry.load();
  const call = parseCall(name, command, rest);
  if (call.options.version === true) return say(version);
  if (call.options.help === true) return say(commandHelp(name, command));
  if (call.options.use !== undefined) await (await import("./use-modules.ts")).useModules(call.options.use);
  return (await command.run(call)) ?? 0;
}

/** No command: what may stand alone. */
function introduce(argv: readonly string[]): number {
  const none = { usage: "COMMAND", description: "", operands: [0, 0], options: {}, examples: [], run: async () => 0 } as const;
  const { options } = parseCall("", none, argv);
  return say(options.version === true ? version : overview());
}

function say(text: string): number {
  printLine(text);
  return 0;
}
