// @ts-check
/** What can go wrong, in plain words, and what to do about it. */

/** What the page shows. @typedef {{ title: string, advice: string, detail?: string }} Words */

/** An error that says what to do. */
export class Problem extends Error {
  /** @param {Words} words */
  constructor(words) {
    super(words.title);
    this.words = words;
  }
}

/** @type {Record<string, Words>} */
const ofMicrophones = {
  NotAllowedError: {
    title: "The browser may not use the microphone",
    advice: "Allow it in the address bar (the sign beside the address), then try again. Or go on with the test sound or in writing.",
  },
  NotFoundError: { title: "There is no microphone", advice: "Connect one and try again, or go on with the test sound or in writing." },
  NotReadableError: {
    title: "The microphone does not answer",
    advice: "Another program may be using it. Close that program and try again, or go on with the test sound or in writing.",
  },
};

/** Why `getUserMedia` refused. @param {unknown} error @returns {Problem} */
export function microphoneProblem(error) {
  const words = ofMicrophones[/** @type {Error} */ (error).name];
  return new Problem(
    words ?? {
      title: "The microphone cannot be used",
      advice: "Try again, or go on with the test sound or in writing.",
      detail: String(error),
    },
  );
}

/** Browsers give microphones to secure pages only. @returns {Problem} */
export const insecureProblem = () =>
  new Problem({
    title: "The browser gives no microphone to this address",
    advice: "Open the page with https:// or on http://localhost, or go on with the test sound or in writing.",
  });

/** @returns {Problem} */
export const removedProblem = () =>
  new Problem({
    title: "The microphone was removed",
    advice: "Connect it again, and try again, or go on with the test sound or in writing.",
  });

/** @type {Record<string, Words>} */
const ofServers = {
  "auth-failed": { title: "The server wants a token", advice: "Open this page with its token: add #token=… to the address." },
  "limit-exceeded": { title: "The server refuses more", advice: "Wait until others have left, then try again." },
  "transport-failed": { title: "The connection broke", advice: "Try again." },
};

/** An error that the server told. @param {unknown} message @param {unknown} code @returns {Problem} */
export function serverProblem(message, code) {
  const words = ofServers[String(code)] ?? {
    title: "The pipeline failed",
    advice: "Whoever runs the server can find out why from this message:",
  };
  return new Problem({ ...words, detail: String(message) });
}

/** Why the socket did not open. The browser does not tell, but an ordinary request to the same server may. @returns {Promise<Problem>} */
export async function refusalProblem() {
  const response = await fetch("health", { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  if (response === undefined) return new Problem({ title: "The server does not answer", advice: "See whether it runs, then try again." });
  const words = response.status === 401 ? ofServers["auth-failed"] : undefined;
  return new Problem(
    words ?? {
      title: "The server refused the connection",
      advice: "It may be full, want a token (add #token=… to the address), or not accept pages from this address. Its log says which.",
    },
  );
}

/** No packets get through. @returns {Problem} */
export const routeProblem = () =>
  new Problem({
    title: "Sound does not get through",
    advice: "The server answers, but a firewall or a proxy may stop the media. Try again, or try another network.",
  });
