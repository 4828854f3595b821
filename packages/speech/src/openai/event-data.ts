/** Server-sent events, of which only the data matter (HTML standard, section 9.2.6). */
import { errors } from "@remotemedia/core";

const mostLine = 256 * 1024;

/**
 * The data of each event. Lines end in LF, CR or CRLF; comments and other fields are left out; an event that ends with the stream counts.
 *
 * @throws `limit-exceeded` when a line or the data of an event are longer than 256 KiB.
 */
export async function* eventData(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const event = new EventLines();
  let rest = "";
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    if (rest.length > mostLine) throw tooLong();
    for (const line of lines) yield* event.take(line);
  }
  yield* event.take((rest + decoder.decode()).replace(/\r$/, ""));
  yield* event.take("");
}

class EventLines {
  #data: string[] = [];
  #length = 0;

  *take(line: string): Generator<string> {
    if (line === "") {
      if (this.#data.length > 0) yield this.#data.join("\n");
      this.#data = [];
      this.#length = 0;
      return;
    }
    const data = /^data(?:: ?|$)/.exec(line);
    if (data === null) return;
    this.#length += line.length;
    if (this.#length > mostLine) throw tooLong();
    this.#data.push(line.slice(data[0].length));
  }
}

const tooLong = () =>
  errors.limitExceeded({ message: `an event of the server is longer than ${mostLine} characters`, fix: "Look what the server sends." });
