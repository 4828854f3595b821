/** Text as flite can read it aloud: ASCII, with what it would misread written out. It knows numbers, dollars and percent by itself. */

const currencies: Readonly<Record<string, readonly [one: string, many: string]>> = {
  $: ["dollar", "dollars"],
  "€": ["euro", "euros"],
  "£": ["pound", "pounds"],
  "¥": ["yen", "yen"],
  "₹": ["rupee", "rupees"],
};
const months = "January February March April May June July August September October November December".split(" ");

/** In this order. */
const readings: readonly (readonly [RegExp, string | ((...match: string[]) => string)])[] = [
  // Web addresses: where it is, not what is asked there.
  [/\b(?:https?|ftp):\/\/(?:www\.)?([^\s/?#]+)([^\s?#]*)\S*/gi, (_, host = "", path = "") => `${host}${path.replace(/[/.,;:!)]+$/, "")}`],
  [/(\S)@(?=\S+\.\w)/g, "$1 at "],
  [/\be\.\s?g\.,?/gi, "for example"],
  [/\bi\.\s?e\.,?/gi, "that is"],
  // example.com, node.js; versions and network addresses.
  [/(?<=[a-z]{2})\.(?=[a-z]{2})/g, " dot "],
  [/\d+(?:\.\d+){2,}/g, (digits = "") => digits.replaceAll(".", " point ")],
  [
    /\b(\d{4})-(0[1-9]|1[0-2])-([0-3]\d)\b/g,
    (_, year = "", month = "", day = "") => `${months[Number(month) - 1]} ${Number(day)}, ${year}`,
  ],
  [/([€£¥₹])\s?(\d(?:[\d.,]*\d)?)((?:\s(?:thousand|million|billion|trillion))?)/g, (_, sign, amount, unit) => money(sign, amount, unit)],
  [/(\d(?:[\d.,]*\d)?)((?:\s(?:thousand|million|billion|trillion))?)\s?([€£¥₹$])/g, (_, amount, unit, sign) => money(sign, amount, unit)],
  [/[€£¥₹]/g, (sign = "") => ` ${currencies[sign]?.[1]} `],
  [/°\s?([CF])\b/g, (_, scale) => (scale === "C" ? " degrees Celsius" : " degrees Fahrenheit")],
  [/°/g, " degrees "],
  [/(\d)\s?[–—]\s?(?=\d)/g, "$1 to "],
  [/\s*[–—]\s*|\s+-{1,3}\s+/g, ", "],
  [/×|(?<=\d)\s?\*\s?(?=\d)/g, " times "],
  [/÷/g, " divided by "],
  [/±/g, " plus or minus "],
  [/[‘’ʼ]/g, "'"],
  [/…/g, "... "],
  [/ß/g, "ss"],
  [/[Ææ]/g, "ae"],
  [/[Œœ]/g, "oe"],
  [/[Øø]/g, "o"],
  [/[Łł]/g, "l"],
  [/[Ðð]/g, "d"],
  [/ı/g, "i"],
];

const money = (sign = "", amount = "", unit = ""): string =>
  `${amount}${unit} ${currencies[sign]?.[amount === "1" && unit === "" ? 0 : 1]}`;

/**
 * What to give flite for a text; empty when nothing of it can be spoken. Accents are dropped, and so is what no English voice can read:
 * emoji, other scripts, control characters, marks of Markdown.
 *
 * @example speakable("Café: €5 😀") // "Cafe: 5 euros"
 */
export function speakable(text: string): string {
  const read = readings.reduce((so, [pattern, reading]) => so.replace(pattern, reading as string), text);
  const plain = read
    .normalize("NFKD")
    .replaceAll("\u2044", "/")
    .replace(/\p{M}/gu, "")
    .replace(/[^ -~]|[*_`~^|\\<>{}[\]]/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return /[a-z0-9]/i.test(plain) ? plain : "";
}
