// What a page sends and what it plays, and by how much the one is the other, later.

const rate = 16_000;
/** Of loudness. */
const stepMs = 10;

/** What a page's last connection (`peers`) sends, and what an audio element plays, heard at once: loudness every 10 ms. */
export async function hearBoth(page, selector, seconds) {
  const channels = await page.$eval(
    selector,
    async ({ srcObject }, [sampleRate, length]) => {
      const sent = new MediaStream([globalThis.peers.at(-1).getSenders()[0].track]);
      const context = new AudioContext({ sampleRate });
      await context.resume();
      const merger = context.createChannelMerger(2);
      [sent, srcObject].forEach((stream, i) => void context.createMediaStreamSource(stream).connect(merger, 0, i));
      const processor = context.createScriptProcessor(4096, 2, 1);
      const heard = [[], []];
      await new Promise((resolve) => {
        processor.onaudioprocess = ({ inputBuffer }) => {
          heard.forEach((samples, i) => void samples.push(...inputBuffer.getChannelData(i)));
          if (heard[0].length >= length) resolve();
        };
        merger.connect(processor).connect(context.destination);
      });
      await context.close();
      return heard;
    },
    [rate, seconds * rate],
  );
  const [sent, heard] = channels.map(loudness);
  return { sent, heard };
}

/** RMS of each step, as dB down to −60: what is soft counts too. */
function loudness(samples) {
  const length = (rate * stepMs) / 1000;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) => {
    const power = samples.slice(i * length, (i + 1) * length).reduce((sum, sample) => sum + (sample * sample) / length, 0);
    return Math.max(-60, 10 * Math.log10(power + 1e-9));
  });
}

/** How much later `heard` is best like `sent`, up to 1.5 s, and how alike they are then: their correlation. */
export function echoOf({ sent, heard }) {
  const lags = Array.from({ length: 150 }, (_, lag) => ({
    delayMs: lag * stepMs,
    likeness: correlation(sent.slice(0, sent.length - lag), heard.slice(lag)),
  }));
  return lags.reduce((best, next) => (next.likeness > best.likeness ? next : best));
}

function correlation(a, b) {
  const centered = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const product = (left, right) => left.reduce((sum, value, i) => sum + value * right[i], 0);
  const [x, y] = [centered(a), centered(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}
