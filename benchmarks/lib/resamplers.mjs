import { fileURLToPath } from "node:url";

const OURS = fileURLToPath(new URL("../suites/resample/ours.mjs", import.meta.url));

/** Every resampler that is measured, and how to start it: the arguments are those of `native/contestant.h`. */
export function resamplers(native, { layout = "f32" } = {}) {
  const peer = (name, key, variant) => ({
    name,
    skipped: native[key].skipped,
    command: (mode, from, to, block) => [native[key].path, [mode, `${from}`, `${to}`, `${block}`, variant, layout]],
  });
  return [
    {
      name: "RemoteMedia high",
      command: (mode, from, to, block) => [process.execPath, [OURS, mode, `${from}`, `${to}`, `${block}`, "high", layout]],
    },
    peer("libsoxr HQ", "soxr", "hq"),
    peer("FFmpeg swr default", "swr", "default"),
    peer("FFmpeg swr + soxr", "swr", "soxr"),
    peer("GStreamer audioresample q4", "gst", "4"),
  ];
}
