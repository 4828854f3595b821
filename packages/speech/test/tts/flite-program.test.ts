import { describe, expect, it } from "vitest";
import { FliteProgram } from "../../src/tts/flite-program.ts";

/** A program in the place of flite that crashes when its arguments have more than 200 characters, and else says nothing. */
const crashing = Buffer.from(
  "AGFzbQEAAAABCgJgAn9/AX9gAAACKQEWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQ5hcmdzX3NpemVzX2dldAAAAwIBAQUDAQABBxMCBm1lbW9yeQIABl9zdGFydAABChgBFgBBAEEEEAAaQQQoAgBByAFLBEAACws=",
  "base64",
);

describe("flite as a program", () => {
  it("fails for the text that crashes it, and runs again for the next", async () => {
    const program = await FliteProgram.compile(crashing);
    const speak = (text: string) => () => program.speak({ text, voice: "slt", speed: 1, pitch: 1 });
    expect(speak("Hello.")).toThrow("flite gave no sound");
    expect(speak("Hello. ".repeat(50))).toThrow("flite crashed: unreachable");
    expect(speak("Hello.")).toThrow("flite gave no sound");
  });
});
