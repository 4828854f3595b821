import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRecognizer } from "../../../packages/speech/dist/asr/recognizer.js";
import { installModel } from "../../../packages/speech/dist/index.js";
import { wordErrorRate, wordsOf } from "../../../packages/speech/dist/testing/word-errors.js";
import { figure, rowOf } from "../../lib/cells.mjs";
import { reasonFrom } from "../../lib/reason.mjs";
import { verdict } from "../../lib/verdict.mjs";
import { encodeWav } from "../../lib/wav.mjs";
import { corpora } from "../../speech/recordings.mjs";

const LIMITS = [0.05, 0.12];
const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const COLUMNS = ["", "word errors", "of words", "compute ÷ audio", "ms for 3 s"];
const NOTE =
  "Each recording is one call, as a whole, without a voice detector. Compute is time on the wall; PocketSphinx starts a process for each recording, which is in its figure.";

/** How well recordings are understood, beside PocketSphinx. */
export async function run({ quick, progress }) {
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-wer-"));
  try {
    const tables = [];
    const verdicts = [];
    for (const [index, { name, skipped, recordings }] of (await corpora()).entries()) {
      const contestants = [
        ["RemoteMedia, Moonshine tiny", await moonshine("tiny")],
        ...(quick ? [] : [["RemoteMedia, Moonshine base", await moonshine("base")]]),
        ["PocketSphinx en-us (Debian)", pocketSphinx(folder)],
      ];
      const results = [];
      for (const [who, recognize] of contestants) {
        progress(`${name}: ${who}`);
        results.push([who, skipped === undefined ? await judge(recordings, recognize) : { skipped }]);
      }
      tables.push({
        title: `Word errors: ${name}`,
        head: COLUMNS,
        rows: results.map(([who, result]) => rowOf(who, result, cells, 4)),
        note: NOTE,
      });
      const [, tiny] = results[0];
      const bar = `word errors of Moonshine tiny, ${name}: < ${100 * LIMITS[index]} %`;
      verdicts.push(tiny.skipped ? verdict(bar, tiny.skipped) : verdict(bar, share(tiny), tiny.errors / tiny.words < LIMITS[index]));
    }
    return { title: "Recognition", tables, verdicts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const share = ({ errors, words }) => `${((100 * errors) / words).toFixed(1)} %`;
const cells = (result) => [share(result), `${result.words}`, figure(result.factor), figure(3_000 * result.factor)];

async function moonshine(size) {
  await installModel(`moonshine-${size}`);
  const recognizer = await loadRecognizer(size);
  return { recognize: (samples) => recognizer.call(samples), release: () => recognizer.close() };
}

function pocketSphinx(folder) {
  const path = join(folder, "recording.wav");
  return {
    recognize(samples) {
      writeFileSync(
        path,
        encodeWav(
          Int16Array.from(samples, (x) => Math.max(-32_768, Math.min(32_767, Math.round(32_768 * x)))),
          16_000,
        ),
      );
      const { status, stdout, stderr, error } = spawnSync("pocketsphinx_continuous", ["-infile", path, "-logfn", "/dev/null"], {
        encoding: "utf8",
      });
      if (error) throw new Error("needs Debian's pocketsphinx and pocketsphinx-en-us");
      if (status !== 0) throw new Error(reasonFrom(stderr, `ended with ${status}`));
      return stdout.replace(/\n/g, " ");
    },
    release: () => undefined,
  };
}

async function judge(recordings, { recognize, release }) {
  let [errors, words, ms, seconds] = [0, 0, 0, 0];
  try {
    for (const { samples, text } of recordings) {
      const startedMs = performance.now();
      const understood = await recognize(samples);
      ms += performance.now() - startedMs;
      seconds += samples.length / 16_000;
      const said = spelled(text);
      words += wordsOf(said).length;
      errors += wordErrorRate(said, spelled(understood)) * wordsOf(said).length;
    }
    return { errors: Math.round(errors), words, factor: ms / 1000 / seconds };
  } catch (thrown) {
    return { skipped: thrown.message };
  } finally {
    release();
  }
}

/** Digits as words, hyphens as spaces: the same for everybody. */
const spelled = (text) => text.replaceAll("-", " ").replace(/\b(10|\d)\b/g, (digits) => NUMBERS[Number(digits)]);
