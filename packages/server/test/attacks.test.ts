/** What a stranger would try, and what a long day brings. */
import { connect as connectTcp } from "node:net";
import { textFrame } from "@remotemedia/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { candidateOf, type FakeConnection, sdpOf, start, until } from "./harness.ts";

const at = (connections: readonly FakeConnection[], index: number) => connections[index] as FakeConnection;

let elsewhere: string | undefined;
vi.mock(import("../src/address-policy.ts"), async (original) => {
  const all = await original();
  return { ...all, plainAddress: (address) => elsewhere ?? all.plainAddress(address) };
});

/** From here on every client seems to come from there. */
function comeFrom(address: string): void {
  elsewhere = address;
  onTestFinished(() => {
    elsewhere = undefined;
  });
}

const counterOf = (text: string, name: string): number => Number(new RegExp(`^remotemedia_${name} (\\S+)$`, "m").exec(text)?.[1]);

async function idling(meanwhile: (connection: FakeConnection, round: number) => void) {
  const { connect, clock, connections, connectionsNow, healthNow } = await start({ limits: { idleMs: 60_000 } });
  const client = await connect();
  await client.offer();
  at(connections, 0).enter("connected");
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  for (let round = 0; round < 16; round++) {
    meanwhile(at(connections, 0), round);
    await clock.advance(5_000);
    await client.settled();
  }
  return { client, isServed: (await healthNow())["active_connections"] === 1 };
}

it("takes a page for idle that sends nothing, though its transport lives", async () => {
  const { client, isServed } = await idling(({ carrier }, round) => {
    const stats = carrier.stats();
    vi.spyOn(carrier, "stats").mockReturnValue({ ...stats, packetsReceived: round, bytesReceived: 100 * round });
  });
  expect(isServed).toBe(false);
  expect(await client.next("error")).toMatchObject({ code: "timeout" });
});

it("does not take a page for idle that only writes", async () => {
  const { isServed } = await idling(({ client, carrier }, round) => {
    const stats = carrier.stats();
    vi.spyOn(carrier, "stats").mockReturnValue({ ...stats, packetsReceived: 0, bytesReceived: 0 });
    void client.send({ type: "frame", sequence: round + 1, frame: textFrame("hello") });
  });
  expect(isServed).toBe(true);
});

it("never counts back, also when a link goes over to another connection", async () => {
  const { connect, connections, metricsNow } = await start();
  const client = await connect();
  await client.offer();
  const counts = (connection: FakeConnection, packetsReceived: number, packetsLost: number) => {
    const stats = connection.pair.b.stats();
    vi.spyOn(connection.carrier, "stats").mockReturnValue({ ...stats, packetsReceived, packetsLost });
  };
  await until(async () => (await metricsNow()).includes("server_sessions 1"));
  counts(at(connections, 0), 1_000, 10);
  expect(counterOf(await metricsNow(), "link_packets_received_total")).toBe(1_000);
  // What was taken for lost has only been late.
  counts(at(connections, 0), 1_010, 8);
  expect(counterOf(await metricsNow(), "link_packets_lost_total")).toBe(10);
  await client.offer(sdpOf("2"));
  await until(() => at(connections, 0).state === "closed");
  counts(at(connections, 1), 5, 1);
  const text = await metricsNow();
  expect([counterOf(text, "link_packets_received_total"), counterOf(text, "link_packets_lost_total")]).toEqual([1_015, 11]);
});

it("lets no address offer without end, however many sockets it opens", async () => {
  comeFrom("203.0.113.9");
  const { connect, connections } = await start({ limits: { sessionsPerAddress: 4 } });
  const clients = await Promise.all([1, 2, 3, 4].map(() => connect()));
  for (const [index, client] of clients.entries()) for (let i = 0; i < 9; i++) client.send({ type: "offer", sdp: sdpOf(`${index}${i}`) });
  await Promise.all(clients.slice(2).map(({ closed }) => closed));
  expect(connections.length).toBeLessThanOrEqual(16);
});

it("counts a whole network of IPv6 as one address", async () => {
  const { connect } = await start({ limits: { sessionsPerAddress: 1 } });
  comeFrom("2001:db8:0:7::1");
  await (await connect()).offer();
  comeFrom("2001:db8:0:7::2");
  const second = await connect();
  second.send({ type: "offer", sdp: sdpOf("2") });
  expect(await second.next("error")).toMatchObject({ code: "limit-exceeded" });
  comeFrom("2001:db8:0:7:abcd::1");
  await expect(connect()).rejects.toThrow("429");
  comeFrom("2001:db8:0:8::1");
  await (await connect()).offer();
});

it("forgets a socket that goes after its connection, while the session waits for another", async () => {
  const { connect, connections, connectionsNow } = await start();
  const client = await connect();
  await client.offer(sdpOf("1"), { protocol: "remotemedia.v1" });
  at(connections, 0).enter("connected");
  const { Link } = await import("@remotemedia/core");
  const link = new Link({ role: "peer" });
  link.attach(at(connections, 0).client);
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  at(connections, 0).pair.cut();
  at(connections, 0).enter("closed");
  client.socket.close();
  await client.closed;
  await until(async () => (await connectionsNow()).total === 0);
});

it("answers who asks for another protocol as if it had not, as RFC 9110 lets it", async () => {
  const { server } = await start();
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connectTcp(server.port, "127.0.0.1", () =>
      socket.write(
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
      ),
    );
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("close", () => resolve(text)).on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(answer).toContain('"status":"healthy"');
});

it("closes the socket of who sends much, long before it has sent many messages", async () => {
  const { connect } = await start();
  const client = await connect();
  for (let i = 0; i < 60; i++) client.send({ type: "nothing", filler: "x".repeat(200_000) });
  expect((await client.closed).code).toBe(1008);
});

it("keeps no long strings of candidates that wait for their offer", async () => {
  const { connect, connections } = await start();
  const client = await connect();
  client.send({ type: "ice-candidate", candidate: { ...candidateOf("u1"), usernameFragment: "u".repeat(10_000) } });
  client.send({ type: "ice-candidate", candidate: { ...candidateOf("u1"), sdpMid: "m".repeat(10_000) } });
  await client.offer();
  await client.settled();
  expect(JSON.stringify(at(connections, 0).candidates).length).toBeLessThan(1_000);
});

it("says in the log what could not be sent to a page", async () => {
  const { connect, connections, connectionsNow, lines } = await start({
    manifest: { version: "v1", nodes: [{ id: "same", node_type: "pass-through" }] },
  });
  const client = await connect();
  await client.offer();
  await until(async () => (await connectionsNow()).connections[0].has_pipeline);
  const { carrier, client: page } = at(connections, 0);
  const { errors } = await import("@remotemedia/core");
  vi.spyOn(carrier, "send").mockImplementation(() => {
    throw errors.limitExceeded({ message: "too large: secret text" });
  });
  void page.send({ type: "frame", sequence: 1, frame: textFrame("hello") });
  await until(() => lines.some((line) => JSON.stringify(line).includes("limit-exceeded")));
  expect(JSON.stringify(lines)).not.toContain("secret");
});
