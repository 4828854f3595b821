import { type Frame, Link, textFrame, type VirtualClock } from "@remotemedia/core";
import { expect, it } from "vitest";
import { candidateOf, ending, type FakeConnection, sdpOf, start, until } from "./harness.ts";

const eventually = (is: () => boolean, clock: VirtualClock, stepMs: number) =>
  until(async () => {
    await clock.advance(stepMs);
    return is();
  });

const at = (connections: readonly FakeConnection[], index: number) => connections[index] as FakeConnection;

it("answers an offer of the earlier page and opens a session", async () => {
  const { connect, connections, connectionsNow, healthNow } = await start();
  const client = await connect();
  expect(await client.offer()).toEqual({ type: "answer", sdp: `answer to ${sdpOf("1")}` });
  expect(at(connections, 0).options.isForeign).toBe(true);
  at(connections, 0).enter("connected");
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  expect(await healthNow()).toEqual({ status: "healthy", active_connections: 1, websocket_connections: 1 });
});

it("gives candidates that came before the offer to its connection", async () => {
  const { connect, connections } = await start();
  const client = await connect();
  client.send({ type: "ice-candidate", candidate: candidateOf("u1", 1) });
  client.send({ type: "ice-candidate", candidate: { candidate: "", sdpMid: "0", sdpMLineIndex: 0 } });
  await client.offer();
  client.send({ type: "ice-candidate", candidate: candidateOf("u1", 2) });
  await client.settled();
  expect(at(connections, 0).candidates.map(({ candidate }) => candidate.split(" ")[5])).toEqual(["1", undefined, "2"]);
});

it("ignores candidates over the limit, and counts them", async () => {
  const { connect, connections, metricsNow } = await start({ limits: { candidates: 3 } });
  const client = await connect();
  await client.offer();
  for (let port = 1; port <= 5; port++) client.send({ type: "ice-candidate", candidate: candidateOf("u1", port) });
  await client.settled();
  expect(at(connections, 0).candidates).toHaveLength(3);
  expect(await metricsNow()).toContain('server_ignored_total{what="candidates"} 2');
});

it("sends its own candidates after the answer", async () => {
  const client = await (
    await start(
      {},
      {
        accept: async (offer, how) => {
          how.onCandidate?.(candidateOf("s", 1));
          const { FakeConnection } = await import("./harness.ts");
          const connection = new FakeConnection(offer, how);
          setImmediate(() => how.onCandidate?.(candidateOf("s", 2)));
          return connection;
        },
      },
    )
  ).connect();
  client.send({ type: "offer", sdp: sdpOf("1") });
  await client.next("ice-candidate");
  expect(client.messages.map(({ type }) => type)).toContain("answer");
  await client.next("ice-candidate");
});

it("takes a second offer of the same connection as a renegotiation", async () => {
  const { connect, connections } = await start();
  const client = await connect();
  await client.offer();
  const again = sdpOf("1", "restarted");
  expect(await client.offer(again)).toEqual({ type: "answer", sdp: `answer to ${again}` });
  expect(connections).toHaveLength(1);
  expect(at(connections, 0).offers).toHaveLength(2);
});

it("keeps the session when another connection replaces the first", async () => {
  const { connect, connections, connectionsNow, metricsNow } = await start();
  const client = await connect();
  client.send({ type: "subscribe", interval_ms: 100 });
  await client.offer();
  const { session } = await client.next("session");
  client.send({ type: "ice-candidate", candidate: candidateOf("u2", 7) });
  await client.offer(sdpOf("2"));
  await until(() => at(connections, 0).state === "closed");
  expect(at(connections, 1).state).toBe("connecting");
  expect(at(connections, 1).candidates).toHaveLength(1);
  const listed = await connectionsNow();
  expect(listed).toMatchObject({ total: 1, connections: [{ id: session, has_pipeline: true }] });
  expect(await metricsNow()).toContain('server_sessions_total{result="opened"} 1');
});

it("ends the session of a page with its socket", async () => {
  const { connect, connections, clock, connectionsNow, metricsNow } = await start();
  const client = await connect();
  await client.offer();
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  client.socket.terminate();
  await until(async () => {
    await clock.advance(100);
    return (await connectionsNow()).total === 0;
  });
  expect(at(connections, 0).state).toBe("closed");
  expect(await metricsNow()).toContain("remotemedia_server_sessions 0");
});

it("ends the session when the page says close", async () => {
  const { connect, connections, clock, connectionsNow } = await start();
  const client = await connect();
  await client.offer();
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  client.send({ type: "close" });
  await until(async () => {
    await clock.advance(100);
    return (await connectionsNow()).connections[0].has_pipeline === false;
  });
  expect(at(connections, 0).state).toBe("closed");
});

it("lets a peer of our own resume its session on another socket", async () => {
  const { connect, connections, clock, connectionsNow, metricsNow } = await start({
    manifest: { version: "v1", nodes: [{ id: "same", node_type: "pass-through" }] },
  });
  const dial = async () => {
    const client = await connect();
    await client.offer(sdpOf(String(connections.length + 1)), { protocol: "remotemedia.v1" });
    return client;
  };
  const heard: Frame[] = [];
  const first = await dial();
  const link = new Link({ role: "peer", clock });
  link.receive({ message: (frame) => void heard.push(frame), media: (frame) => frame.release() });
  link.attach(at(connections, 0).client);
  await eventually(() => link.state === "open", clock, 1);
  const { id } = link;
  first.socket.terminate();
  await first.closed;
  expect((await connectionsNow()).connections[0]).toMatchObject({ id, has_pipeline: true });
  at(connections, 0).pair.cut();
  at(connections, 0).enter("closed");
  await clock.advance(1_000);
  expect(link.state).toBe("lost");
  expect((await connectionsNow()).total).toBe(0);
  await dial();
  link.attach(at(connections, 1).client);
  await eventually(() => link.state === "open", clock, 1);
  expect(link.id).toBe(id);
  await until(async () => (await connectionsNow()).connections[0].id === id);
  expect((await connectionsNow()).total).toBe(1);
  expect(await metricsNow()).toContain('server_sessions_total{result="opened"} 1');
  await link.send(textFrame("still there"));
  await eventually(() => heard.length > 0, clock, 10);
});

it("shows the pipeline and its figures to who subscribes, and to nobody else", async () => {
  const { connect, clock } = await start();
  const [asked, silent] = [await connect(), await connect()];
  asked.send({ type: "subscribe", interval_ms: 200 });
  await Promise.all([asked.offer(), silent.offer()]);
  const session = await asked.next("session");
  expect(session).toMatchObject({ session: expect.stringMatching(/^[\da-f-]{36}$/) });
  expect(await asked.next("pipeline")).toMatchObject({
    name: "louder",
    nodes: expect.arrayContaining([{ id: "louder", node_type: "gain" }]),
  });
  await clock.advance(200);
  const { metrics, link } = await asked.next("metrics");
  expect(metrics).toMatchObject({ pipeline_id: "louder" });
  expect(link).toMatchObject({ packetsReceived: 0 });
  await silent.settled();
  expect(silent.messages).toEqual([]);
});

it("tells who subscribes what becomes of turns, and when their stages came", async () => {
  const { connect, connections, clock } = await start();
  const client = await connect();
  client.send({ type: "subscribe" });
  await client.offer(sdpOf("1"), { protocol: "remotemedia.v1" });
  const link = new Link({ role: "peer", clock });
  link.receive({ message: (frame) => frame.release(), media: (frame) => frame.release() });
  link.attach(at(connections, 0).client);
  await eventually(() => link.state === "open", clock, 1);
  await client.next("session");
  link.interrupt(2, "enough");
  const { change, trace } = await client.next("turn");
  expect(change).toMatchObject({ type: "interrupted", turn: 1, reason: "enough", heard: { durationUs: 0 } });
  expect(trace).toMatchObject({ turn: 1, transcripts: {}, answers: {} });
});

it("tells the client why a pipeline does not start", async () => {
  const { errors } = await import("@remotemedia/core");
  const { connect } = await start(
    {},
    { open: () => Promise.reject(errors.startFailed({ message: "the model is not there", node: "asr" })) },
  );
  const client = await connect();
  await client.offer();
  expect(await client.next("error")).toEqual({ type: "error", code: "start-failed", message: "the model is not there" });
});

it("tells the client why an offer cannot be answered, and takes the next", async () => {
  const { errors } = await import("@remotemedia/core");
  const { FakeConnection } = await import("./harness.ts");
  let calls = 0;
  const { connect } = await start(
    {},
    {
      accept: async (offer, how) => {
        if (calls++ === 0) throw errors.mediaIncompatible({ message: "no line can be used" });
        return new FakeConnection(offer, how);
      },
    },
  );
  const client = await connect();
  client.send({ type: "offer", sdp: "v=0" });
  expect(await client.next("error")).toMatchObject({ code: "media-incompatible" });
  await client.offer();
});

it("closes sockets that never offer, and offers that lead nowhere", async () => {
  const { connect, clock, connections } = await start({ limits: { handshakeMs: 5_000 } });
  const [idle, stuck, good] = [await connect(), await connect(), await connect()];
  await stuck.offer();
  await good.offer();
  at(connections, 1).enter("connected");
  await clock.advance(5_000);
  expect(await idle.next("error")).toMatchObject({ code: "timeout" });
  expect((await idle.closed).code).toBe(1008);
  expect((await stuck.closed).code).toBe(1008);
  expect(good.socket.readyState).toBe(good.socket.OPEN);
});

it("closes a session from which nothing comes", async () => {
  const { connect, clock, connections, connectionsNow } = await start({ limits: { idleMs: 60_000 } });
  const client = await connect();
  await client.offer();
  at(connections, 0).enter("connected");
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  for (let s = 0; s < 80; s += 5) {
    await client.settled();
    await clock.advance(5_000);
  }
  expect(await client.next("error")).toMatchObject({ code: "timeout", message: "nothing came from the client for 60 s" });
});

it("keeps no more sessions than it may, and takes others when one has gone", async () => {
  const { connect, clock, connectionsNow } = await start({ limits: { sessions: 1 } });
  const first = await connect();
  await first.offer();
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  const second = await connect();
  second.send({ type: "offer", sdp: sdpOf("2") });
  expect(await second.next("error")).toMatchObject({ code: "limit-exceeded" });
  expect((await second.closed).code).toBe(1013);
  first.socket.close();
  await until(async () => {
    await clock.advance(100);
    return (await connectionsNow()).total === 0;
  });
  await (await connect()).offer();
});

it("leaves nothing behind of clients that have gone", async () => {
  const { connect, connectionsNow, metricsNow, clock, connections } = await start();
  const before = clock.pending;
  for (let round = 0; round < 20; round++) {
    const clients = await Promise.all([connect(), connect(), connect()]);
    clients[0].send({ type: "subscribe" });
    await Promise.all([clients[0].offer(), clients[1].offer(sdpOf("1"), { protocol: "remotemedia.v1" })]);
    if (round % 2 === 0) await clients[0].offer(sdpOf("2"));
    if (round % 3 === 0) await clients[0].settled();
    for (const { socket } of clients) round % 2 === 0 ? socket.terminate() : socket.close();
    await Promise.all(clients.map(({ closed }) => closed));
  }
  await until(async () => {
    await clock.advance(1_000);
    return (await connectionsNow()).total === 0 && clock.pending === before;
  });
  expect(connections.every(({ state }) => state === "closed")).toBe(true);
  expect(await metricsNow()).toContain("remotemedia_server_sessions 0");
});

it("drains: takes nobody new, lets sessions finish, and ends", async () => {
  const { connect, get, clock, server, connections, metricsNow } = await start();
  const [busy, idle] = [await connect(), await connect()];
  await busy.offer();
  at(connections, 0).enter("connected");
  await until(async () => (await metricsNow()).includes("remotemedia_server_sessions 1"));
  const drained = server.drain(30_000);
  expect((await idle.closed).code).toBe(1012);
  expect((await get("/health")).status).toBe(503);
  await expect(connect()).rejects.toThrow("503");
  busy.send({ type: "close" });
  await ending(server, clock, () => drained);
  expect((await busy.closed).code).toBe(1012);
  await expect(get("/health")).rejects.toThrow();
});

it("ends what is left at the deadline of the drain, and says so", async () => {
  const { connect, clock, server, connections, metricsNow } = await start();
  const client = await connect();
  await client.offer();
  at(connections, 0).enter("connected");
  await until(async () => (await metricsNow()).includes("remotemedia_server_sessions 1"));
  await ending(server, clock, () => server.drain(2_000));
  expect(await client.next("error")).toMatchObject({ code: "cancelled", message: "the server is shutting down" });
});
