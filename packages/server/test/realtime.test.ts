import { expect, it } from "vitest";
import { start, until } from "./harness.ts";
import { agent, ForeignClient, listener, meter, talker } from "./talker.ts";

const startAgent = (options: Parameters<typeof start>[0] = {}) => start({ manifest: agent, ...options }, {}, [talker, listener, meter]);

/** A client whose session has begun; with the names of the beta if it is asked for. */
async function talking({ isBeta = false, manifest = agent as object } = {}) {
  const running = await startAgent({ manifest });
  const headers = isBeta ? { "OpenAI-Beta": "realtime=v1" } : {};
  const client = await new ForeignClient(`${running.base}/v1/realtime?model=agent`, { headers }).opened;
  await until(() => client.of("session.created"));
  const passing = (is: () => unknown) =>
    until(async () => {
      await running.clock.advance(10);
      return is();
    });
  const write = (text: string) => {
    client.json({ type: "conversation.item.create", item: { type: "message", role: "user", content: [{ type: "input_text", text }] } });
    client.json({ type: "response.create" });
  };
  return { ...running, client, passing, write };
}

it("describes its session as a client of the general release, or of the beta, wants it", async () => {
  const { client } = await talking();
  const format = { type: "audio/pcm", rate: 24_000 };
  const session = { type: "realtime", model: "agent", output_modalities: ["audio"], audio: { input: { format }, output: { format } } };
  expect(client.of("session.created")).toMatchObject({ event_id: expect.stringMatching(/^event_/), session });
  const { client: early } = await talking({ isBeta: true });
  const before = { modalities: ["text", "audio"], input_audio_format: "pcm16", output_audio_format: "pcm16" };
  expect(early.of("session.created")).toMatchObject({ session: before });
});

it("tells an answer from its first word to its last sound", async () => {
  const { client, passing, write } = await talking();
  write("say 1 Good day.");
  await passing(() => client.of("response.done"));
  const types = client.types.filter((type, i, all) => type !== all[i - 1]);
  expect(types.slice(1)).toEqual([
    ...["conversation.item.added", "conversation.item.done"],
    ...["response.created", "response.output_item.added", "conversation.item.added", "response.content_part.added"],
    ...["response.output_audio_transcript.delta", "response.output_audio.delta"],
    ...["response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done"],
    ...["response.output_item.done", "conversation.item.done", "response.done"],
  ]);
  const content = [{ type: "output_audio", transcript: "Good day." }];
  expect(client.of("response.done")).toMatchObject({
    response: { status: "completed", output: [{ role: "assistant", status: "completed", content }] },
  });
  expect(Math.abs(client.samples - 24_000)).toBeLessThanOrEqual(1);
  const { item } = client.of("conversation.item.added") as unknown as { item: { id: string } };
  const follows = client.told.filter(({ type }) => type === "conversation.item.added").map(({ previous_item_id }) => previous_item_id);
  expect(follows).toEqual([null, item.id]);
});

it("uses the names of the beta with a client of the beta", async () => {
  const { client, passing, write } = await talking({ isBeta: true });
  write("say 1 Good day.");
  await passing(() => client.of("response.done"));
  expect(new Set(client.types)).toEqual(
    new Set([
      ...["session.created", "conversation.item.created", "response.created", "response.output_item.added", "response.content_part.added"],
      ...["response.audio_transcript.delta", "response.audio.delta", "response.audio.done", "response.audio_transcript.done"],
      ...["response.content_part.done", "response.output_item.done", "response.done"],
    ]),
  );
});

it("tells when the user spoke and what", async () => {
  const { client, write } = await talking();
  write("hear hello");
  await until(() => client.types.filter((type) => type.endsWith("transcription.completed")).length === 1);
  const told = client.told.slice(3);
  expect(told.map(({ type }) => type)).toEqual([
    "input_audio_buffer.speech_started",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.delta",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.completed",
  ]);
  expect(new Set(told.map(({ item_id, item }) => item_id ?? (item as { id: string }).id)).size).toBe(1);
  expect(told[0]).toMatchObject({ audio_start_ms: 1_200 });
  expect(told[3]).toMatchObject({ audio_end_ms: 2_000 });
  expect(told.slice(1, 3).map(({ delta }) => delta)).toEqual(["hel", "lo"]);
  expect(told[7]).toMatchObject({ transcript: "hello" });
});

it.each([
  ["response.cancel", { type: "response.cancel" }],
  ["conversation.item.truncate", { type: "conversation.item.truncate", content_index: 0, audio_end_ms: 120 }],
])("stops the answer at %s", async (type, event) => {
  const { client, passing, write, clock } = await talking();
  write("say 5 A long story.");
  await passing(() => client.samples > 4_800);
  const { item } = client.of("response.output_item.added") as unknown as { item: { id: string } };
  client.json({ ...event, item_id: item.id });
  await until(() => client.of("response.done"));
  const reason = type === "response.cancel" ? "client_cancelled" : "turn_detected";
  expect(client.of("response.done")).toMatchObject({ response: { status: "cancelled", status_details: { reason } } });
  const { samples } = client;
  for (let i = 0; i < 50; i++) await clock.advance(10);
  client.json({ type: "input_audio_buffer.clear" });
  await until(() => client.of("input_audio_buffer.cleared"));
  expect(client.samples).toBe(samples);
  if (type !== "response.cancel") expect(client.of("conversation.item.truncated")).toMatchObject({ item_id: item.id, audio_end_ms: 120 });
});

it("gives only text to a client that wants no audio", async () => {
  const { client, passing, write } = await talking();
  client.json({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
  await until(() => client.of("session.updated"));
  expect(client.of("session.updated")).toMatchObject({ session: { output_modalities: ["text"] } });
  write("say 1 Good day.");
  await passing(() => client.of("response.done"));
  expect(client.samples).toBe(0);
  expect(client.of("response.output_text.done")).toMatchObject({ text: "Good day." });
});

it("hears audio, and a commit as the end of speech", async () => {
  const manifest = { version: "v1", metadata: { name: "meter" }, nodes: [{ id: "meter", node_type: "meter" }] };
  const { client, passing } = await talking({ manifest });
  const audio = Buffer.from(new Int16Array(14_400).buffer).toString("base64");
  client.json({ type: "input_audio_buffer.append", audio });
  await passing(() => client.of("conversation.item.input_audio_transcription.completed"));
  client.json({ type: "input_audio_buffer.commit" });
  await passing(() => client.types.filter((type) => type.endsWith("transcription.completed")).length === 3);
});

it.each([
  ["unknown events", { type: "session.sing", event_id: "e1" }, { code: "unknown_event", param: "type", event_id: "e1" }],
  ["events without a type", { event_id: "e1" }, { code: "unknown_event", event_id: "e1" }],
  ["no record", [1, 2], { code: "unknown_event" }],
  ["audio that is no text", { type: "input_audio_buffer.append", audio: 5 }, { code: "unknown_event" }],
  [
    "audio of telephones",
    { type: "session.update", session: { input_audio_format: "g711_ulaw" } },
    { param: "session.input_audio_format" },
  ],
  [
    "audio of another rate",
    { type: "session.update", session: { audio: { output: { format: { type: "audio/pcm", rate: 16_000 } } } } },
    { param: "session.audio.output.format" },
  ],
  ["items that nobody reads", { type: "conversation.item.create", item: { type: "function_call_output" } }, { param: "item" }],
  ["a cancellation of nothing", { type: "response.cancel" }, { code: "response_cancel_not_active" }],
])("answers %s with an error, and goes on", async (_, event, error) => {
  const { client, passing, write } = await talking();
  client.json(event);
  await until(() => client.of("error"));
  expect(client.of("error")).toMatchObject({ error: { type: "invalid_request_error", message: expect.any(String), ...error } });
  write("say 1 Good day.");
  await passing(() => client.of("response.done"));
});

it("tells a client that its message cannot be read, and cuts it off in the end", async () => {
  const { client } = await talking();
  client.socket.send("{");
  client.socket.send(Buffer.from("{}"));
  await until(() => client.told.filter(({ type }) => type === "error").length === 2);
  for (let i = 0; i < 30; i++) client.socket.send("{");
  expect(await client.closed).toBe(1008);
});

it("takes a token in a header, or as pages give it", async () => {
  const { base } = await startAgent({ tokens: ["secret"] });
  const url = `${base}/v1/realtime?model=agent`;
  await expect(new ForeignClient(url).opened).rejects.toThrow("refused with 401");
  await expect(new ForeignClient(url, { protocols: ["realtime", "openai-insecure-api-key.wrong"] }).opened).rejects.toThrow("401");
  await new ForeignClient(url, { headers: { Authorization: "Bearer secret" } }).opened;
  const page = await new ForeignClient(url, { protocols: ["realtime", "openai-insecure-api-key.secret", "openai-beta.realtime-v1"] })
    .opened;
  expect(page.socket.protocol).toBe("realtime");
  await until(() => page.of("session.created"));
  expect(page.of("session.created")).toMatchObject({ session: { input_audio_format: "pcm16" } });
});

it("tells why a session could not begin", async () => {
  const { base } = await startAgent({ limits: { sessions: 0 } });
  const client = new ForeignClient(`${base}/v1/realtime?model=agent`);
  await client.closed;
  expect(client.told).toMatchObject([{ type: "error", error: { type: "server_error", code: "limit-exceeded" } }]);
});
