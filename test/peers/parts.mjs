/** What tests of vitest need beside Node.js; what `probe` exits with says whether it is there. */
export const testParts = [
  {
    name: "Python nodes",
    probe: ["/usr/bin/python3", "-c", "import numpy, ensurepip, setuptools"],
    debianPackages: ["python3", "python3-numpy", "python3-setuptools", "python3-venv"],
  },
  { name: "jails of Python nodes", probe: ["bwrap", "--version"], debianPackages: ["bubblewrap"] },
];

/**
 * What is compared with which program: `commands` must be on the path, pkg-config must know `libraries`, and the system's Python `pythonModules`;
 * `debianPackages` bring them.
 */
export const peerParts = [
  {
    name: "chromium: the demo page",
    file: "test/peers/chromium/demo-page.test.mjs",
    commands: ["chromium"],
    debianPackages: ["chromium", "fonts-dejavu-core"],
  },
  {
    name: "chromium: the demo page of a voice agent",
    file: "test/peers/chromium/agent-page.test.mjs",
    commands: ["chromium"],
    debianPackages: ["chromium"],
  },
  {
    name: "chromium: the voice agent",
    file: "test/peers/chromium/voice-agent.test.mjs",
    commands: ["chromium"],
    debianPackages: ["chromium"],
  },
  {
    name: "chromium: the earlier page",
    file: "test/peers/chromium/earlier-page.test.mjs",
    commands: ["chromium"],
    debianPackages: ["chromium"],
  },
  { name: "chromium: calls", file: "test/peers/chromium/calls.test.mjs", commands: ["chromium"], debianPackages: ["chromium"] },
  {
    name: "chromium: clients of others",
    file: "test/peers/chromium/pipecat.test.mjs",
    commands: ["chromium"],
    debianPackages: ["chromium"],
  },
  { name: "ffmpeg", file: "test/peers/ffmpeg.test.mjs", commands: ["ffmpeg"], debianPackages: ["ffmpeg"] },
  {
    name: "python sdk",
    file: "test/peers/python-sdk.test.mjs",
    commands: ["python3"],
    pythonModules: ["numpy", "pytest"],
    debianPackages: ["python3", "python3-numpy", "python3-pytest"],
  },
  {
    name: "python wheel",
    file: "test/peers/python-wheel.test.mjs",
    commands: ["python3"],
    pythonModules: ["numpy", "ensurepip", "setuptools", "wheel"],
    debianPackages: ["python3", "python3-numpy", "python3-venv", "python3-setuptools", "python3-wheel"],
  },
  { name: "protobuf", file: "test/peers/protobuf.test.mjs", commands: ["protoc"], debianPackages: ["protobuf-compiler"] },
  {
    name: "resampling",
    file: "test/peers/resampling.test.mjs",
    commands: ["ffmpeg", "gcc", "gst-launch-1.0", "pkg-config"],
    libraries: ["soxr", "libswresample", "libavutil", "gstreamer-audio-1.0"],
    debianPackages: [
      ...["gcc", "libc6-dev", "pkg-config", "libsoxr-dev", "libswresample-dev", "libavutil-dev", "ffmpeg"],
      ...["libgstreamer1.0-dev", "libgstreamer-plugins-base1.0-dev", "gstreamer1.0-tools", "gstreamer1.0-plugins-base"],
    ],
  },
];
