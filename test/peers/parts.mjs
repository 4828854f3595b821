/** What is compared with which program: `commands` must be on the path, `debianPackages` bring them. */
export const peerParts = [{ name: "ffmpeg", file: "test/peers/ffmpeg.test.mjs", commands: ["ffmpeg"], debianPackages: ["ffmpeg"] }];
