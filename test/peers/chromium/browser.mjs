// A real Chromium whose microphone is a recording and whose camera is a test picture.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const media = fileURLToPath(new URL("../../../examples/media", import.meta.url));
/** Somebody reads aloud. */
export const recording = join(
  media,
  readdirSync(media).find((name) => name.endsWith(".wav")),
);

/** Close it. */
export function launch(options = []) {
  return chromium.launch({
    executablePath: execFileSync("sh", ["-c", "command -v chromium"]).toString().trim(),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--autoplay-policy=no-user-gesture-required"],
      ...["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${recording}`],
      // Without an address of its own a machine in a container offers none but this.
      "--allow-loopback-in-peer-connection",
      ...options,
    ],
  });
}

/** A page that may use microphone and camera; `problems` collects what it complains of, `requests` where it turns to. */
export async function openPage(browser, url) {
  const context = await browser.newContext({ permissions: ["microphone", "camera"] });
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on("console", (message) => {
    const { url = "" } = message.location();
    // Browsers look for an icon by themselves.
    if (message.type() === "error" && !url.endsWith("/favicon.ico")) problems.push(`${message.text()} ${url}`);
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, problems, requests };
}

/** In a page: the loudest 50 ms of what an audio element plays, and how long something was heard, within `ms`. */
export function listen(page, selector, ms) {
  return page.evaluate(
    async ([selector, ms]) => {
      const element = document.querySelector(selector);
      for (let i = 0; i < 200 && !element.srcObject; i++) await new Promise((later) => setTimeout(later, 50));
      const context = new AudioContext();
      await context.resume();
      const analyser = Object.assign(context.createAnalyser(), { fftSize: 2048 });
      context.createMediaStreamSource(element.srcObject).connect(analyser);
      const samples = new Float32Array(2048);
      let loudest = 0;
      let heardMs = 0;
      const end = performance.now() + ms;
      while (performance.now() < end) {
        await new Promise((later) => setTimeout(later, 50));
        analyser.getFloatTimeDomainData(samples);
        const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
        loudest = Math.max(loudest, level);
        if (level > 0.003) heardMs += 50;
      }
      await context.close();
      return { loudest, heardMs };
    },
    [selector, ms],
  );
}
