// WAV files both ways with FFmpeg: what it writes we read to the last bit, and what we write it reads so.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileSink, fileSource, Pipeline } from "remotemedia";

const folder = mkdtempSync(join(tmpdir(), "ffmpeg-"));
after(() => rmSync(folder, { recursive: true }));

const ffmpeg = (...argv) => execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...argv], { maxBuffer: 2 ** 26 });

/** Samples of a file as FFmpeg decodes them: f32, interleaved, as raw bytes. */
const decoded = (path) => ffmpeg("-i", path, "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1");

/** A second of two unlike tones in stereo at 44.1 kHz, written by FFmpeg. */
function written(codec) {
  const path = join(folder, `${codec}.wav`);
  const tones = "aevalsrc=0.5*sin(2*PI*440*t)|0.25*sin(2*PI*660*t):s=44100:d=1";
  ffmpeg("-f", "lavfi", "-i", tones, "-c:a", codec, path);
  return path;
}

describe("a WAV file that FFmpeg wrote, through a pipeline, read by FFmpeg", () => {
  for (const codec of ["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"]) {
    it(`keeps every sample of ${codec}`, async () => {
      const from = written(codec);
      const to = join(folder, `${codec}-through.wav`);
      await new Pipeline("through")
        .add(fileSource({ path: from }))
        .add(fileSink({ path: to, format: "f32" }))
        .run();
      assert.deepEqual(decoded(to), decoded(from));
    });
  }
});
