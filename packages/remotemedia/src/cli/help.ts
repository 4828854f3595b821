import { type Command, commonOptions, type Options } from "./command.ts";
import { commands } from "./commands.ts";
import { textTable } from "./text-table.ts";

/** What `remotemedia` alone says. */
export function overview(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary]);
  return `Pipelines for audio, video and AI, in real time or as fast as it goes.

Usage: remotemedia COMMAND [options]

${textTable(rows)}

Try:
  remotemedia run 'file-source path=in.wav ! resample sample_rate=16000 ! file-sink path=out.wav'
  remotemedia COMMAND --help`;
}

/** What `remotemedia COMMAND --help` says. */
export function commandHelp(name: string, { usage, description, options, examples }: Command): string {
  return `${description}

Usage: remotemedia ${name} ${usage}

${textTable([...optionRows(options), ...optionRows(commonOptions)])}

Examples:
${examples.map((example) => `  ${example}`).join("\n")}`;
}

const optionRows = (options: Options): readonly string[][] =>
  Object.entries(options).map(([name, { short, value, help }]) => {
    const shortForm = short === undefined ? "    " : `-${short}, `;
    return [`  ${shortForm}--${name}${value === undefined ? "" : `${value.startsWith("[=") ? "" : " "}${value}`}`, help];
  });
