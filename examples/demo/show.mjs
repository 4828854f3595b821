// Text for a terminal, and the same without colors for a file.
const colors = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colors ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = paint("1");
const dim = paint("2");
const green = paint("32");

export const heading = (text) => console.log(`\n${bold(text)}`);
export const line = (text) => console.log(`  ${text}`);

const stripWidth = 40;

/** A part of the whole as a bar; both ends from 0 to 1. */
export function strip(from, to) {
  const [start, end] = [from, to].map((share) => Math.round(share * stripWidth));
  const length = Math.max(1, end - start);
  return dim("·".repeat(start)) + green("█".repeat(length)) + dim("·".repeat(Math.max(0, stripWidth - start - length)));
}

/** Columns: text to the left, numbers to the right. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const isNumber = (i) => rows.every((row) => !Number.isNaN(Number(row[i])));
  all.forEach((row, y) => {
    const text = row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ");
    line(y === 0 ? dim(text) : text);
  });
}
