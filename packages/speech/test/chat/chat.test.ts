import { testHost } from "@remotemedia/conformance";
import { isRemoteMediaError, Pipeline, textFrame } from "@remotemedia/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { chat, chatWithTools } from "../../src/chat/chat.ts";
import { type Answer, calls, done, pieces, says, streams, stubServer, until } from "../openai/stub-server.ts";
import { talk } from "./talk.ts";

// The network is real: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllEnvs());

type Sent = { readonly role: string; readonly content: string | null };
const sent = (body: Record<string, unknown> | undefined): Sent[] => (body?.["messages"] ?? []) as Sent[];
const conversation = (body: Record<string, unknown> | undefined): string[] => sent(body).map(({ role, content }) => `${role}: ${content}`);

describe("Chat with a server", () => {
  it("gives the answer in pieces as they come, and its end", async () => {
    await using server = await stubServer(says("Hel", "lo ", "there."));
    await using agent = await talk(
      chat({ baseUrl: server.baseUrl, model: "m", temperature: 0.5, maxTokens: 500, instructions: "Be brief." }),
    );
    await agent.ask("Hi!");
    expect(agent.out.map((frame) => frame.kind === "text" && [frame.text, frame.final])).toEqual([
      ["Hel", false],
      ["lo ", false],
      ["there.", false],
      ["", true],
    ]);
    expect(server.asked[0]?.path).toBe("/v1/chat/completions");
    expect(server.bodies[0]).toEqual({
      model: "m",
      stream: true,
      temperature: 0.5,
      max_tokens: 500,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi!" },
      ],
    });
  });

  it("passes a piece on while the server still writes", async () => {
    let end = (): void => undefined;
    await using server = await stubServer((response) => {
      streams(response).write(pieces("First "));
      end = () => void response.end(pieces("last.") + done);
    });
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    void agent.session.push("Hi!");
    await until(() => agent.text() === "First ");
    end();
    await until(() => agent.text() === "First last.");
  });

  const written: readonly (readonly [what: string, bytes: string | Uint8Array])[] = [
    ["line ends of other systems", (pieces("Hé", "llo") + done).replaceAll("\n", "\r\n")],
    ["line ends of old systems", (pieces("Hé", "llo") + done).replaceAll("\n", "\r")],
    ["comments and other fields", `: hello\n\nevent: x\nid: 1\n${pieces("Hé")}: keep-alive\n\n${pieces("llo")}${done}`],
    ["no [DONE]", (pieces("Hé", "llo") + done).replace("data: [DONE]\n\n", "")],
    ["no reason for the end", `${pieces("Hé", "llo")}data: [DONE]\n\n`],
    ["no blank line at the end", (pieces("Hé", "llo") + done).trimEnd()],
    ["chunks without a choice", `data: {"choices":[]}\n\n${pieces("Hé", "llo")}data: {"usage":{}}\n\ndata: null\n\n${done}`],
    ["no space after the colon", (pieces("Hé", "llo") + done).replaceAll("data: ", "data:")],
  ];
  for (const [what, text] of written)
    for (const [how, size] of [
      ["at once", 1e6],
      ["byte by byte", 1],
    ] as const)
      it(`reads a stream with ${what}, ${how}`, async () => {
        await using server = await stubServer(async (response) => {
          streams(response);
          const bytes = Buffer.from(text);
          for (let at = 0; at < bytes.length; at += size) {
            response.write(bytes.subarray(at, at + size));
            if (size === 1 && at % 8 === 0) await new Promise(setImmediate);
          }
          response.end();
        });
        await using agent = await talk(chat({ baseUrl: server.baseUrl }));
        expect([await agent.ask("Hi!"), agent.errors.length]).toEqual(["Héllo", 0]);
      });

  it("leaves partial and empty texts alone", async () => {
    await using server = await stubServer(says("Yes."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    await agent.session.push("  ");
    await agent.ask("Hi!");
    expect([server.asked.length, agent.text()]).toEqual([1, "Yes."]);
  });

  it("sends a key out of the environment, and shows it to nobody", async () => {
    vi.stubEnv("MY_API_KEY", "sk-secret-1");
    await using server = await stubServer((response, { headers }) => response.writeHead(401).end(`bad key ${headers.authorization}`));
    await using agent = await talk(chat({ baseUrl: server.baseUrl, apiKeyEnv: "MY_API_KEY" }));
    await agent.ask("My number is 12345");
    expect(server.asked[0]?.headers.authorization).toBe("Bearer sk-secret-1");
    const told = JSON.stringify(agent.errors);
    expect(agent.errors[0]?.error).toMatchObject({ code: "auth-failed", received: "bad key Bearer [key]" });
    expect([told.includes("sk-secret"), told.includes("12345")]).toEqual([false, false]);
  });

  it("reads the usual key for this machine and by https only", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-usual");
    await using server = await stubServer(says("Yes."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    await agent.ask("Hi!");
    expect(server.asked[0]?.headers.authorization).toBe("Bearer sk-usual");
  });

  const refusedParams: readonly (readonly [what: string, params: Parameters<typeof chat>[0], code: string])[] = [
    ["no address", { baseUrl: "not an address" }, "params-invalid"],
    ["an address of a file", { baseUrl: "file:///etc/passwd" }, "params-invalid"],
    ["a password in the address", { baseUrl: "http://me:secret@127.0.0.1/v1" }, "params-invalid"],
    ["a key that is not there", { baseUrl: "http://127.0.0.1/v1", apiKeyEnv: "MISSING_API_KEY" }, "params-invalid"],
    ["another secret of the environment", { baseUrl: "http://127.0.0.1/v1", apiKeyEnv: "DATABASE_PASSWORD" }, "params-invalid"],
  ];
  for (const [what, params, code] of refusedParams)
    it(`does not start with ${what}`, async () => {
      const error = await talk(chat(params)).catch((thrown: unknown) => thrown);
      expect(isRemoteMediaError(error) && (error.faults[0]?.code ?? error.code)).toBe(code);
      expect(JSON.stringify(error)).not.toContain("secret");
    });

  it("wants the network, and is not made without it", async () => {
    const opened = new Pipeline("talk", testHost()).add(chat()).open();
    await expect(opened).rejects.toMatchObject({ code: "grant-missing" });
  });
});

describe("When the server fails, the answer ends, the error is told, and the next turn works", () => {
  const apology = "Sorry, I cannot answer right now.";
  const failing: readonly (readonly [what: string, answer: Answer, code: string, said: string, requests: number])[] = [
    ["401", (response) => response.writeHead(401).end(), "auth-failed", apology, 1],
    ["404", (response) => response.writeHead(404).end('{"error":{"message":"no model"}}'), "params-invalid", apology, 1],
    ["a redirect", (response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(), "params-invalid", apology, 1],
    ["500", (response) => response.writeHead(500).end("oops"), "transport-failed", apology, 3],
    ["429", (response) => response.writeHead(429).end(), "limit-exceeded", apology, 3],
    ["429 for an hour", (response) => response.writeHead(429, { "retry-after": "3600" }).end(), "limit-exceeded", apology, 1],
    ["a dropped connection", (response) => response.destroy(), "transport-failed", apology, 3],
    ["no answer", (response) => streams(response).end(), "transport-failed", apology, 1],
    ["a page", (response) => response.writeHead(200).end("<html>It works!</html>"), "transport-failed", apology, 1],
    ["garbage", (response) => streams(response).end("data: {]\n\n"), "transport-failed", apology, 1],
    [
      "bytes",
      (response) => response.writeHead(200).end(Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 37) % 256))),
      "transport-failed",
      apology,
      1,
    ],
    [
      "an error in the stream",
      (response) => streams(response).end('data: {"error":{"message":"overloaded"}}\n\n'),
      "transport-failed",
      apology,
      1,
    ],
    ["a stop in the middle", (response) => streams(response).end(pieces("It is ")), "transport-failed", "It is ", 1],
    [
      "a connection lost in the middle",
      (response) => streams(response).write(pieces("It is "), () => setTimeout(() => response.destroy(), 20)),
      "transport-failed",
      "It is ",
      1,
    ],
    ["garbage in the middle", (response) => streams(response).end(`${pieces("It is ")}data: oh\n\n`), "transport-failed", "It is ", 1],
    ["a line without end", (response) => streams(response).end(`data: ${"x".repeat(300_000)}`), "limit-exceeded", apology, 1],
  ];
  for (const [what, answer, code, said, requests] of failing)
    it(`${what}`, async () => {
      const answers = Array.from({ length: requests }, () => answer);
      await using server = await stubServer(...answers, says("Fine."));
      await using agent = await talk(chat({ baseUrl: server.baseUrl }));
      expect(await agent.ask("Hi!")).toBe(said);
      expect(agent.errors.map(({ error }) => error.code)).toEqual([code]);
      expect(server.asked.length).toBe(requests);
      expect(await agent.ask("Again!")).toBe("Fine.");
      expect(conversation(server.bodies.at(-1)).slice(1)).toEqual(
        said === apology ? ["user: Hi! Again!"] : ["user: Hi!", "assistant: It is ", "user: Again!"],
      );
    });

  it("ten megabytes: what came until the limit is kept", async () => {
    await using server = await stubServer(says(...Array.from({ length: 1_000 }, () => "x".repeat(10_000))), says("Fine."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    const said = await agent.ask("Hi!");
    expect([said.length > 1e6, said.length < 4.2e6, agent.errors[0]?.error.code]).toEqual([true, true, "limit-exceeded"]);
    expect(await agent.ask("Again!")).toBe("Fine.");
  });

  it("nobody listens, or the name is not known, or it does not speak TLS", async () => {
    const gone = await stubServer();
    await gone[Symbol.asyncDispose]();
    await using plain = await stubServer(says("Yes."));
    for (const [baseUrl, received] of [
      [gone.baseUrl, "ECONNREFUSED"],
      ["http://nowhere.invalid/v1", /ENOTFOUND|EAI_AGAIN/],
      [plain.baseUrl.replace("http:", "https:"), /SSL|EPROTO/],
    ] as const) {
      await using agent = await talk(chat({ baseUrl, apology: "" }));
      expect(await agent.ask("Hi!")).toBe("");
      const { code, received: told } = agent.errors[0]?.error ?? {};
      expect([code, told]).toEqual(["transport-failed", expect.stringMatching(received)]);
    }
  });

  it("a server that is busy is asked again when it says", async () => {
    await using server = await stubServer((response) => response.writeHead(429, { "retry-after": "2" }).end(), says("Fine."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    const startUs = agent.clock.nowUs();
    expect([await agent.ask("Hi!"), agent.errors.length]).toEqual(["Fine.", 0]);
    expect(agent.clock.nowUs() - startUs).toBeGreaterThanOrEqual(2e6);
  });

  it("silence before the first token, and between two, ends it after timeout_ms", async () => {
    for (const [first, said] of [
      ["", apology],
      [": still here\n\n", apology],
      [pieces("It is "), "It is "],
    ] as const) {
      await using server = await stubServer((response) => streams(response).write(first || ":\n"), says("Fine."));
      await using agent = await talk(chat({ baseUrl: server.baseUrl, timeoutMs: 2_000 }));
      void agent.session.push("Hi!");
      await until(() => server.asked.length === 1 && agent.text() === (first.startsWith("data") ? said : ""));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await agent.clock.advance(1_900);
      expect(agent.errors).toHaveLength(0);
      await agent.clock.advance(200);
      await until(
        () => agent.errors.length > 0,
        () => agent.clock.advance(0),
      );
      expect([agent.text(), agent.errors[0]?.error.code]).toEqual([said, "timeout"]);
      expect(await agent.ask("Again!")).toBe("Fine.");
      await until(() => server.asked[0]?.wasDropped === true);
    }
  });

  it("in a batch the error ends the run", async () => {
    await using server = await stubServer((response) => response.writeHead(400).end());
    const run = new Pipeline("talk", testHost({ capabilities: ["net"] })).add(chat({ baseUrl: server.baseUrl })).run("Hi!");
    await expect(run).rejects.toMatchObject({ code: "params-invalid", node: "chat" });
  });
});

describe("What chat remembers", () => {
  it("is what was said, within its limits", async () => {
    await using server = await stubServer(says("One."), says("Two."), says("Three."), says("Four."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl, historyTurns: 2 }));
    for (const words of ["a", "b", "c"]) await agent.ask(words);
    expect(conversation(server.bodies[2]).slice(1)).toEqual(["user: b", "assistant: Two.", "user: c"]);
    await agent.ask("x".repeat(16_000 - 5));
    expect(conversation(server.bodies[3]).length).toBe(2);
  });

  it("an interruption ends the request at once, and words without an answer come again with the next ones", async () => {
    await using server = await stubServer((response) => streams(response).write(pieces("It is ")), says("Fine."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    void agent.session.push("Hi!");
    await until(() => agent.text() !== "");
    agent.session.interrupt();
    await until(() => server.asked[0]?.wasDropped === true);
    await agent.ask("Wait.");
    expect(conversation(server.bodies[1]).slice(1)).toEqual(["user: Hi! Wait."]);
    expect(agent.errors).toHaveLength(0);
  });

  it("words that go on from unanswered ones take their place, and no other's", async () => {
    await using server = await stubServer((response) => streams(response).write(pieces("It is ")), says("Fine."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl }));
    for (const [turn, words, replaces] of [
      [1, "Hi!", undefined],
      [2, "I live in Boston.", undefined],
      [3, "I live in Boston. But I work here.", 2],
    ] as const) {
      void agent.session.push(textFrame(words, { metadata: replaces === undefined ? {} : { replaces_turn: replaces } }));
      await until(() => server.asked.length === turn);
      if (turn < 3) agent.session.interrupt();
    }
    expect(conversation(server.bodies[2]).slice(1)).toEqual(["user: Hi! I live in Boston. But I work here."]);
  });

  it("nothing is left of a session that is closed in the middle of an answer", async () => {
    await using server = await stubServer((response) => streams(response).write(pieces("It is ")));
    {
      await using agent = await talk(chat({ baseUrl: server.baseUrl }));
      void agent.session.push("Hi!");
      await until(() => agent.text() !== "");
    }
    await until(() => server.asked[0]?.wasDropped === true);
  });
});

describe("Tools", () => {
  const parameters = { type: "object", properties: { city: { type: "string" } } };
  const part = (index: number, id: string, name: string, args: string) => ({ index, id, function: { name, arguments: args } });

  it("are called with what the model wrote, and it answers with their results", async () => {
    await using server = await stubServer(
      calls(part(0, "c1", "weather", '{"ci'), { index: 0, function: { arguments: 'ty":"Oslo"}' } }, part(1, "c2", "clock", "")),
      says("It rains."),
    );
    const asked: unknown[] = [];
    const weather = { description: "The weather", parameters, run: (args: object) => ({ ...args, weather: "rain", at: asked.push(args) }) };
    await using agent = await talk(chatWithTools({ baseUrl: server.baseUrl }, { weather, clock: { run: async () => "noon" } }));
    expect(await agent.ask("Weather?")).toBe("It rains.");
    expect(asked).toEqual([{ city: "Oslo" }]);
    expect(server.bodies[0]?.["tools"]).toMatchObject([
      { type: "function", function: { name: "weather", description: "The weather", parameters } },
      { function: { name: "clock" } },
    ]);
    expect(sent(server.bodies[1]).slice(2)).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
          { id: "c2", type: "function", function: { name: "clock", arguments: "" } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: '{"city":"Oslo","weather":"rain","at":1}' },
      { role: "tool", tool_call_id: "c2", content: "noon" },
    ]);
  });

  it("that a manifest names are asked at their address, without the key", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-usual");
    await using tool = await stubServer((response) => response.end("21 degrees"));
    await using server = await stubServer(calls(part(0, "c1", "weather", '{"city":"Oslo"}')), says("Warm."));
    await using agent = await talk(chat({ baseUrl: server.baseUrl, tools: [{ name: "weather", parameters, url: tool.baseUrl }] }));
    expect(await agent.ask("Weather?")).toBe("Warm.");
    expect([tool.bodies, tool.asked[0]?.headers.authorization]).toEqual([[{ city: "Oslo" }], undefined]);
    expect(sent(server.bodies[1]).at(-1)?.content).toBe("21 degrees");
  });

  it("that fail, hang or are not there are told to the model", async () => {
    await using server = await stubServer(
      calls(part(0, "a", "fails", "{}"), part(1, "b", "none", "{}"), part(2, "c", "hangs", "{}"), part(3, "d", "fails", "no JSON")),
      says("Sorry."),
    );
    const tools = { fails: { run: () => Promise.reject(new Error("broken")) }, hangs: { run: () => new Promise(() => undefined) } };
    await using agent = await talk(chatWithTools({ baseUrl: server.baseUrl }, tools));
    expect(await agent.ask("Hi!")).toBe("Sorry.");
    const results = sent(server.bodies[1])
      .slice(3)
      .map(({ content }) => content);
    expect(results).toEqual([
      "error: broken",
      'error: there is no tool "none"',
      expect.stringMatching(/^error: nothing came from the tool "hangs"/),
      expect.stringMatching(/^error: .*JSON/),
    ]);
  });

  it("are not called for ever", async () => {
    await using server = await stubServer(calls(part(0, "c1", "again", "{}")));
    await using agent = await talk(chatWithTools({ baseUrl: server.baseUrl }, { again: { run: () => "more" } }));
    await agent.ask("Hi!");
    expect([server.asked.length, agent.errors[0]?.error.code]).toEqual([6, "limit-exceeded"]);
  });

  it("that are functions cannot travel", () => {
    const pipeline = new Pipeline("talk", testHost()).add(chatWithTools({}, { again: { run: () => "more" } }));
    expect(() => pipeline.toManifest()).toThrowError(expect.objectContaining({ code: "not-serializable" }));
  });
});
