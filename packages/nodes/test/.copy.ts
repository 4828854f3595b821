
      import { Pipeline, quietLog, Registry, systemClock } from "@remotemedia/core";
      import { referenceKernels } from "@remotemedia/kernels";
      import { pcmSink, pcmSource } from "@remotemedia/nodes/nodejs";
      const host = { name: "test", registry: new Registry(), kernels: async () => ({ js: referenceKernels }), clock: systemClock, log: quietLog(console.error), capabilities: ["fs"] };
      await new Pipeline("copy", host).add(pcmSource()).add(pcmSink()).run().catch((error) => { console.error(error.code, error.message); process.exitCode = 3; });