const cell = (value) => String(value).replaceAll("|", "\\|").replaceAll("\n", " ");

/** A Markdown table; `|` and line ends in cells are taken care of. */
export const markdownTable = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
