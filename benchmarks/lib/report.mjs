/** Writes a page of `pages.mjs` from what its suites measured. */
export function renderReport(page, { environment, loads, suites, seconds }) {
  const verdicts = suites.flatMap((suite) => suite.verdicts);
  return [
    `# ${page.title}`,
    `<!-- Written by \`${page.command}\`. Do not edit. -->`,
    page.introduction,
    "## Summary",
    summary(verdicts),
    "## Where we miss or lose",
    losses(suites, verdicts),
    "## How to read this",
    page.howToRead,
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
