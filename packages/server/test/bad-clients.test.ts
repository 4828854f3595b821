import { connect as connectTcp } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { addressPolicy } from "../src/address-policy.ts";
import type { LiveSession } from "../src/live-session.ts";
import { Places } from "../src/quotas.ts";
import { parseClientMessage } from "../src/signaling-message.ts";
import { candidateOf, sdpOf, start, until } from "./harness.ts";

const words = fc.constantFrom("offer", "answer", "ice-candidate", "close", "subscribe", "error", "__proto__", "toString");
const nearlyMessages = fc.oneof(
  fc.record(
    { type: words, sdp: fc.jsonValue(), candidate: fc.jsonValue(), interval_ms: fc.jsonValue(), protocol: fc.jsonValue() },
    { requiredKeys: [] },
  ),
  fc.record({
    type: fc.constant("ice-candidate"),
    candidate: fc.record({ candidate: fc.jsonValue(), sdpMid: fc.jsonValue(), sdpMLineIndex: fc.jsonValue() }),
  }),
  fc.jsonValue(),
);

it("reads any text without throwing, and gives only what has the right types", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        nearlyMessages.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        const message = parseClientMessage(text);
        if (message?.type === "offer") expect(message.sdp).toBeTypeOf("string");
        if (message?.type === "ice-candidate") expect(message.candidate.candidate).toBeTypeOf("string");
        if (message?.type === "subscribe") expect(message.intervalMs).toBeGreaterThanOrEqual(100);
      },
    ),
    { seed: 3, numRuns: 2_000 },
  );
});

it("survives whatever is sent, and answers the next client", async () => {
  const { connect, get } = await start({ limits: { sessions: 1_000 } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.string(),
          nearlyMessages.map((value) => JSON.stringify(value)),
          fc.uint8Array(),
        ),
        { maxLength: 20 },
      ),
      async (inputs) => {
        const client = await connect();
        for (const input of inputs) if (client.socket.readyState === client.socket.OPEN) client.socket.send(input);
        client.socket.close();
        await client.closed;
      },
    ),
    { seed: 5, numRuns: 40 },
  );
  const client = await connect();
  await client.offer();
  expect((await get("/health")).status).toBe(200);
});

it("does not answer what is no message, and counts it", async () => {
  const { connect, metricsNow } = await start();
  const client = await connect();
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    "1",
    '{"type":"join"}',
    '{"type":"offer"}',
    '{"type":"offer","sdp":1}',
    '{"type":"ice-candidate","candidate":null}',
  ])
    client.send(text);
  client.socket.send(Buffer.from([1, 2, 3]));
  await client.settled();
  expect(client.messages).toEqual([]);
  expect(await metricsNow()).toContain('server_ignored_total{what="messages"} 10');
});

it("closes the socket of a huge text, and refuses a huge description", async () => {
  const { connect } = await start({ limits: { messageBytes: 100_000, sdpBytes: 1_000 } });
  const client = await connect();
  client.send({ type: "offer", sdp: "x".repeat(2_000) });
  expect(await client.next("error")).toMatchObject({ code: "limit-exceeded" });
  client.send("x".repeat(200_000));
  expect((await client.closed).code).toBe(1009);
});

it("closes the socket of who offers without end", async () => {
  const { connect, connections } = await start();
  const client = await connect();
  for (let i = 0; i < 30; i++) client.send({ type: "offer", sdp: sdpOf(String(i)) });
  expect((await client.closed).code).toBe(1008);
  expect(connections.length).toBeLessThanOrEqual(10);
});

it("cuts off who does not read", async () => {
  const { connect, clock, healthNow } = await start(
    {},
    { open: async (link) => ({ ...idle, link }) as unknown as LiveSession, pipeline: wordy },
  );
  const client = await connect();
  client.send({ type: "subscribe", interval_ms: 100 });
  await client.offer();
  await client.next("pipeline");
  client.socket.pause();
  // It may ask for the picture as often as it likes, and reads none.
  for (let i = 0; i < 400; i++) client.send({ type: "subscribe" });
  await until(async () => {
    await clock.advance(10);
    return (await healthNow())["websocket_connections"] === 0;
  });
});

const wordy = { name: "x".repeat(100_000), nodes: [], connections: [] };
const idle = {
  heardUs: 0,
  session: { metrics: () => ({ node_metrics: [], edges: [] }) as never },
  close: async () => undefined,
};

it("cuts off who does not answer pings", async () => {
  const { connect, clock, healthNow } = await start({ limits: { handshakeMs: 1e9 } });
  const client = await connect();
  client.socket.pause();
  await clock.advance(20_000);
  await clock.advance(20_000);
  await until(async () => (await healthNow())["websocket_connections"] === 0);
});

it("survives upgrades that are none, and sockets that are left in the middle", async () => {
  const { server, get, connect } = await start();
  const head = `GET /ws HTTP/1.1\r\nHost: localhost\r\n`;
  for (const text of [
    "",
    "GET",
    head,
    `${head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    `${head}Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
    "\0\0\0\n\n",
  ])
    await new Promise<void>((resolve) => {
      const socket = connectTcp(server.port, "127.0.0.1", () => socket.write(text, () => setTimeout(() => socket.destroy(), 5)));
      socket.on("error", () => undefined).on("close", () => resolve());
    });
  await expect(connect("/other")).rejects.toThrow("404");
  expect((await get("/health")).status).toBe(200);
});

it("does not let one client's failure reach another", async () => {
  const { FakeConnection } = await import("./harness.ts");
  const { connect } = await start(
    {},
    {
      accept: async (offer, how) => {
        const connection = new FakeConnection(offer, how);
        if (!offer.includes("good")) {
          connection.addCandidate = () => {
            throw new Error("broken");
          };
          connection.renegotiate = () => Promise.reject(new Error("broken"));
        }
        return connection;
      },
    },
  );
  const [bad, good] = [await connect(), await connect()];
  await bad.offer();
  bad.send({ type: "ice-candidate", candidate: candidateOf("u1") });
  bad.send({ type: "offer", sdp: sdpOf("1") });
  expect(await bad.next("error")).toMatchObject({ code: "transport-failed" });
  await good.offer(sdpOf("good"));
  await bad.settled();
});

it("takes so many of one address, except of this machine", () => {
  const places = new Places("sessions", 5, 2);
  const release = places.take("192.0.2.1");
  places.take("192.0.2.1");
  expect(places.refusalOf("192.0.2.1")?.message).toContain("of this address");
  release();
  release();
  places.take("192.0.2.1");
  for (let i = 0; i < 3; i++) places.take("127.0.0.1");
  expect(places.refusalOf("198.51.100.1")?.message).toContain("takes no more");
});

it("takes private candidates only from who is in a private network", () => {
  const addresses = [
    "93.184.216.34",
    "2606:2800:220:1::1",
    "192.168.1.4",
    "10.0.0.1",
    "fd00::1",
    "fe80::1%eth0",
    "169.254.169.254",
    "abc-1.local",
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "64:ff9b::7f00:1",
    "localhost",
    "intranet",
    "abc.local.",
    "",
  ];
  const taken = (client: string | undefined, allowPrivate?: boolean) => addresses.filter(addressPolicy(client, allowPrivate));
  const everybody = addresses.slice(0, 2);
  const inNetwork = addresses.slice(0, 8);
  expect(taken("203.0.113.9")).toEqual(everybody);
  expect(taken(undefined)).toEqual(everybody);
  expect(taken("192.168.1.4")).toEqual(inNetwork);
  expect(taken("::ffff:127.0.0.1")).toEqual(addresses.slice(0, 11));
  expect(taken("203.0.113.9", true)).toEqual(addresses.slice(0, 11));
});
