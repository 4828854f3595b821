import type { Command } from "./command.ts";

/** A command that is not loaded yet. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** The commands by name. Each is loaded when it is called: `--version` must not wait for the executor. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  run: { summary: "Run a pipeline to its end", load: async () => (await import("./run.ts")).run },
  serve: { summary: "Put a pipeline behind a web page", load: async () => (await import("./serve.ts")).serve },
  connect: { summary: "Talk to a server: send and record audio, measure", load: async () => (await import("./connect.ts")).connect },
  engine: { summary: "Run pipelines for a program in Python", load: async () => (await import("./engine.ts")).engine },
  validate: { summary: "Tell all faults of a manifest", load: async () => (await import("./validate.ts")).validate },
  explain: { summary: "Show formats, converters, runtimes and delays", load: async () => (await import("./explain.ts")).explain },
  nodes: { summary: "List node types, or show one", load: async () => (await import("./nodes.ts")).nodes },
  models: { summary: "List, fetch or remove the weights of speech nodes", load: async () => (await import("./models.ts")).models },
  doctor: { summary: "Check this machine", load: async () => (await import("./doctor.ts")).doctor },
  schema: { summary: "Print the JSON Schema of manifests, or of a node", load: async () => (await import("./schema.ts")).schema },
};
