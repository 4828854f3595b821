import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { inPlace } from "./place.mjs";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--autoplay-policy=no-user-gesture-required",
  "--allow-loopback-in-peer-connection",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

/**
 * A real Chromium in its place, which may be a network namespace: it is started by a script, and driven over a pipe, which needs no network. Gives `{ open(url), close }`, or
 * `{ skipped }`.
 */
export async function startChromium(place) {
  const found = PATHS.find((path) => existsSync(path));
  if (found === undefined) return { skipped: "Chromium is not installed" };
  const folder = mkdtempSync(join(tmpdir(), "remotemedia-chromium-"));
  const executablePath = join(folder, "chromium");
  const [command, args] = inPlace(place, found, []);
  writeFileSync(executablePath, `#!/bin/sh\nexec ${[command, ...args].join(" ")} "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  return {
    version: browser.version(),
    async open(url) {
      const page = await browser.newPage({ bypassCSP: true }); // the call is ours, not the page's
      await page.goto(url);
      return page;
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
