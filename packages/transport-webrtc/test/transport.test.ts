import { transportSuite } from "@remotemedia/conformance";
import { describe, expect, it, vi } from "vitest";
import { join, tone, wait } from "./joined.ts";

vi.setConfig({ testTimeout: 20_000 });

transportSuite(
  "webrtc",
  {
    async join() {
      const { caller, host, cut } = await join({ silenceMs: 2500 }, { silenceMs: 2500 });
      return { a: caller.carrier, b: host.carrier, cut, advance: wait };
    },
    media: tone,
    delayMs: 200,
  },
  { describe, it, expect },
);
