import type { ParseArgsConfig, parseArgs } from "node:util";

/** One option as `--help` shows it and `util.parseArgs` reads it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** What its value is called in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
}

/** Options by name. */
export type Options = Readonly<Record<string, Option>>;

/** What `parseArgs` reads for such options. */
export type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O & NonNullable<ParseArgsConfig["options"]> }>>["values"];

/** What a command was called with. */
export interface Call<O extends Options> {
  readonly options: Values<O & typeof commonOptions>;
  /** What stands on the line beside options. */
  readonly operands: readonly string[];
}

/** One command of the command line. */
export interface Command<O extends Options = Options> {
  /** What follows its name: `MANIFEST [options]`. */
  readonly usage: string;
  readonly description: string;
  /** How many operands it takes. */
  readonly operands: readonly [least: number, most: number];
  readonly options: O;
  readonly examples: readonly string[];
  /** @returns the exit code; default 0 */
  readonly run: (call: Call<O>) => Promise<number | undefined>;
}

/** What every command takes. */
export const commonOptions = {
  use: { type: "string", multiple: true, value: "FILE", help: "A module that exports nodes of your own" },
  json: { type: "boolean", help: "Write JSON on standard output, errors too" },
  quiet: { type: "boolean", short: "q", help: "Say nothing but results and errors" },
  verbose: { type: "boolean", short: "v", help: "Say more, with the causes of errors" },
  help: { type: "boolean", short: "h", help: "Show this" },
  version: { type: "boolean", help: "Show the version" },
} as const satisfies Options;

/** A command whose options give their types to `run`. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command => command as unknown as Command;
