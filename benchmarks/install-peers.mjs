/**
 * Installs the peers from Debian's packages. It changes the machine, so it does so only as root where somebody asked for it: on a build server
 * (`CI=true`) or with `REMOTEMEDIA_TEST_INSTALL=1`. Without it, a peer that is missing is skipped by name.
 */
import { spawnSync } from "node:child_process";

const PACKAGES = [
  ...["gcc", "libc6-dev", "pkg-config"],
  ...["libsoxr-dev", "libswresample-dev", "libavutil-dev", "ffmpeg"],
  ...["libgstreamer1.0-dev", "libgstreamer-plugins-base1.0-dev", "gstreamer1.0-tools", "gstreamer1.0-plugins-base"],
  ...["python3-numpy", "python3-scipy", "python3-msgpack"],
  ...["python3-aiortc", "python3-aiohttp", "chromium", "iproute2", "util-linux"],
];

const missing = PACKAGES.filter((name) => !isInstalled(name));
if (missing.length === 0) console.log("every peer is installed");
else if (!isAllowed()) console.log(`not installed: ${missing.join(", ")}; as root, REMOTEMEDIA_TEST_INSTALL=1 installs them`);
else process.exitCode = install(missing);

function isAllowed() {
  return process.getuid?.() === 0 && (process.env.CI === "true" || process.env.REMOTEMEDIA_TEST_INSTALL === "1");
}

function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is for dpkg
  const { status, stdout } = spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" });
  return status === 0 && stdout.endsWith("ok installed");
}

function install(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env });
  apt("update");
  const { status } = apt("install", "-y", "--no-install-recommends", ...names);
  console.log(status === 0 ? `installed ${names.join(", ")}` : "apt-get could not install the peers; those missing will be skipped");
  return 0; // a missing peer is a row that says so, not a failure
}
