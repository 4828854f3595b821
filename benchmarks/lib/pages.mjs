const BATCH = `Every table comes from one run of \`npm run bench\`, in which ours and the peers took turns: one slice each, round by round, in alternating order, each
in a process of its own that is driven in the same way. So:

- **Read ratios before milliseconds.** "ours ÷ this" is the median over the rounds of our time over the peer's in the same round, with the middle half of the rounds
  in brackets, then the quotient of the fastest passes. Below 1 we are faster. The milliseconds belong to this machine and to what else it was doing: where the load below is
  above a fraction of the cores, medians and cold figures are too high, and the fastest passes say more.
- **"first" is cold**: opening, filter design included, and the first pass of a fresh process, before the JIT, the caches and the page tables have seen the work.
  Loading the library is not in it, WebAssembly is. It is one sample, so it is rough. *min*, *median* and *p95* are warm, over all rounds.
- Opening, resetting and flushing are in no warm figure of a resampler, ours or a peer's: a pass is ten seconds of an endless stream. The whole-pipeline table says what its
  passes hold.
- Quality is measured on the output, the same way for everybody: single tones, the gain fitted by least squares, everything that is not the tone counted against
  it. f is half the lower of both rates.
- A row that was skipped names what was missing.`;

const LIVE = `Every figure comes from one run of \`npm run bench -- live\`. The server has one core for itself; the load generator has another, and its Opus packets (speech
of 16 kHz at 32 kbit/s, a chirp in every second) were encoded before anything was measured. So:

- **Ratios and differences between the servers of one table hold; absolute figures belong to this machine** and to what else ran: the load before and after is below.
- *Delay* is measured in the sound: from the moment a sample leaves the generator to the moment the same sample is back, by the chirps, after decoding and encoding in
  between. It holds the look-ahead of the server's Opus encoder, 6.5 ms for everybody.
- *Lateness* is how much later than the earliest of its five seconds a packet comes back, by the time in its own header: scheduling, queues, garbage collection, and the generator's own
  hand, which is shown beside it.
- CPU is what the kernel charged: to the whole process, and to its main thread, which is the event loop.
- Losses and lateness are made in the generator, between SRTP and the session, with seeded chance.
- A row that was skipped names what was missing.`;

const SPEECH = `Every figure comes from one run of \`npm run bench -- speech\`. So:

- **Latencies are measured on the waveform**: from the last loud sample of what the caller says to the first loud sample of what comes back, not from events.
- Word error rates are those of lower-case text without punctuation, digits as words; insertions, deletions and replacements over the words that were said.
- What callers say is recorded speech where transcripts are free, else made by the same synthesis as the agent's voice.
- Absolute figures belong to this machine and to what else ran: the load before and after is below.
- A row that was skipped names what was missing.`;

const PYTHON = `Every figure comes from one run of \`npm run bench -- python\`, in which ours and the peers took turns. So:

- **Read ratios before microseconds**: they are taken within a round. Absolute figures belong to this machine and to what else ran: the load before and after is below.
- Cold is a whole process from its spawn to its end, imports and start of the runtime included; warm is what follows in the same process.
- Libraries of Python are those of the system, or were installed for this run; a row that was skipped names what was missing.`;

/** The pages that `run.mjs` writes: which suites, where to, and how to read them. */
export const PAGES = {
  batch: {
    title: "Benchmarks",
    command: "npm run bench",
    output: "../docs/benchmarks.md",
    suites: ["pipeline", "resample", "pairs", "hops", "cold", "memory"],
    introduction:
      "What RemoteMedia promises about speed and size, measured beside named peers, losses included. The harness is in [`benchmarks/`](../benchmarks/README.md). Live sessions have [a page of their own](benchmarks-live.md).",
    howToRead: BATCH,
  },
  live: {
    title: "Benchmarks of live sessions",
    command: "npm run bench -- live",
    output: "../docs/benchmarks-live.md",
    suites: ["live-preprocess", "live-capacity", "live-delay", "live-connect", "live-memory", "live-loss"],
    introduction:
      "What RemoteMedia promises about live sessions over WebRTC, measured beside named peers, losses included. The harness is in [`benchmarks/`](../benchmarks/README.md). Everything else is on [the other page](benchmarks.md).",
    howToRead: LIVE,
  },
  speech: {
    title: "Benchmarks of speech",
    command: "npm run bench -- speech",
    output: "../docs/benchmarks-speech.md",
    suites: ["speech-wer", "speech-vad", "speech-turns", "speech-agent"],
    introduction:
      "What RemoteMedia promises about voice agents, measured beside named peers, losses included. The harness is in [`benchmarks/`](../benchmarks/README.md). Live sessions without speech have [a page of their own](benchmarks-live.md).",
    howToRead: SPEECH,
  },
  python: {
    title: "Benchmarks of Python",
    command: "npm run bench -- python",
    output: "../docs/benchmarks-python.md",
    suites: ["python-round-trip", "python-audio", "python-items", "python-kills"],
    introduction:
      "What RemoteMedia promises to users of Python, measured beside named peers, losses included. The harness is in [`benchmarks/`](../benchmarks/README.md).",
    howToRead: PYTHON,
  },
};
