const HOW_TO_READ = `Every table comes from one run of \`npm run bench\`, in which ours and the peers took turns: one slice each, round by round, in alternating order, each
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

/** Writes the page from what the suites measured. */
export function renderReport({ environment, loads, suites, seconds }) {
  const verdicts = suites.flatMap((suite) => suite.verdicts);
  return [
    "# Benchmarks",
    "<!-- Written by `npm run bench`. Do not edit. -->",
    "What RemoteMedia promises about speed and size, measured beside named peers, losses included. The harness is in [`benchmarks/`](../benchmarks/README.md).",
    "## Summary",
    summary(verdicts),
    "## Where we miss or lose",
    losses(suites, verdicts),
    "## How to read this",
    HOW_TO_READ,
    "## Machine",
    markdownTable(
      ["", ""],
      [...Object.entries(environment), ["Load before and after", loads.join(", ")], ["The whole run", `${Math.round(seconds)} s`]],
    ),
    ...suites.flatMap(section),
    "## Versions",
    versions(suites),
    "",
  ].join("\n\n");
}

function summary(verdicts) {
  return markdownTable(
    ["bar", "measured", "met"],
    verdicts.map(({ bar, measured, met }) => [bar, measured, mark(met)]),
  );
}

const mark = (met) => (met === undefined ? "not measured" : met ? "yes" : "**no**");

/** Every bar that was missed, and every peer that is faster than ours in some table, from the data: nobody has to remember to add them. */
function losses(suites, verdicts) {
  const missed = verdicts.filter(({ met }) => met === false).map(({ bar, measured }) => `- Missed: ${bar}. Measured: ${measured}.`);
  const slower = suites.flatMap(({ tables }) =>
    tables.flatMap((table) => (table.losses ?? []).map((loss) => `- ${table.title}: ${loss}.`)),
  );
  return [...missed, ...slower].join("\n") || "Nowhere in this run.";
}

function section({ title, introduction, tables }) {
  const body = tables.flatMap(({ title: heading, head, rows, note }) => [
    `### ${heading}`,
    ...(note ? [note] : []),
    markdownTable(head, rows),
  ]);
  return [`## ${title}`, ...(introduction ? [introduction] : []), ...body];
}

function versions(suites) {
  const all = new Set(suites.flatMap((suite) => suite.tables.flatMap(({ libraries }) => libraries ?? [])));
  return (
    [...all]
      .sort()
      .map((library) => `- ${library}`)
      .join("\n") || "None."
  );
}

function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
