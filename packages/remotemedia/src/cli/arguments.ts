import { parseArgs } from "node:util";
import { errors, nearest } from "@remotemedia/core";
import { type Call, type Command, commonOptions, type Options } from "./command.ts";

/**
 * Reads a command's arguments.
 *
 * @throws `usage` that names the nearest option.
 */
export function parseCall(name: string, command: Command, argv: readonly string[]): Call<Options> {
  const options = { ...command.options, ...commonOptions };
  // `--metrics` alone is a table: parseArgs has no options whose value may be left out.
  const args = argv.map((argument) => (argument === "--metrics" && "metrics" in options ? "--metrics=table" : argument));
  const see = `See remotemedia ${name} --help.`.replace("  ", " ");
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help !== true && values.version !== true) checkOperands(name, command, positionals, see);
    return { options: values, operands: positionals } as Call<Options>;
  } catch (thrown) {
    throw usageError(thrown, Object.keys(options), see);
  }
}

function checkOperands(name: string, { operands: [least, most], usage }: Command, operands: readonly string[], see: string): void {
  if (operands.length < least)
    throw errors.usage({ message: `something is missing after "remotemedia ${name}"`, expected: `remotemedia ${name} ${usage}`, fix: see });
  if (operands.length <= most) return;
  const line = operands.join(" ");
  const isLaunchLine = operands.some((operand) => operand === "!" || /^[a-z_]\w*=/.test(operand));
  throw errors.usage({
    message: isLaunchLine
      ? `the launch line came as ${operands.length} arguments`
      : `${name} does not take ${JSON.stringify(operands[most])}`,
    expected: `remotemedia ${name} ${usage}`,
    fix: isLaunchLine ? `Put it in quotes: remotemedia ${name} '${line}'` : see,
  });
}

function usageError(thrown: unknown, known: readonly string[], see: string): unknown {
  const { code, message } = thrown as { readonly code?: string; readonly message: string };
  if (!code?.startsWith("ERR_PARSE_ARGS")) return thrown;
  const option = /'(-{1,2}[^' ,]+)/.exec(message)?.[1] ?? "";
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const wants = message.includes("does not take an argument") ? "takes no value" : "wants a value";
    return errors.usage({ message: `${/--[\w-]+/.exec(message)?.[0] ?? option} ${wants}`, fix: see });
  }
  const near = option.startsWith("--") ? nearest(option.slice(2), known) : undefined;
  return errors.usage({ message: `there is no option ${option}`, fix: near === undefined ? see : `Did you mean --${near}? ${see}` });
}
