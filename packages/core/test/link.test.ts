import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  audioFrame,
  binaryFrame,
  type Carrier,
  Flags,
  type Frame,
  Link,
  LinkHost,
  type LinkState,
  type MemoryCarrierOptions,
  memoryCarriers,
  textFrame,
  VirtualClock,
} from "../src/index.ts";

interface End {
  readonly link: Link;
  readonly texts: string[];
  readonly media: Frame[];
  readonly states: LinkState[];
  readonly turns: number[];
}

function end(link: Link, message: (frame: Frame) => void | Promise<void> = () => undefined): End {
  const heard: End = { link, texts: [], media: [], states: [], turns: [] };
  link.receive({
    message(frame) {
      heard.texts.push(frame.kind === "text" ? frame.text : frame.kind);
      return message(frame);
    },
    media: (frame) => void heard.media.push(frame),
    interrupt(turn) {
      heard.turns.push(turn);
      // What the executor of a session does.
      if (link.role === "owner") link.interrupt(turn);
    },
    state: (state) => void heard.states.push(state),
  });
  return heard;
}

/** A host that makes sessions, and a peer that dials it again when a connection breaks. */
function world({
  canRedial = true,
  resumeWindowMs = 30_000,
  ...options
}: MemoryCarrierOptions & { canRedial?: boolean; resumeWindowMs?: number } = {}) {
  const clock = new VirtualClock();
  const owners: End[] = [];
  const host = new LinkHost({ clock, resumeWindowMs, open: async (link) => void owners.push(end(link)) });
  const cuts: (() => void)[] = [];
  const dial = async (): Promise<Carrier> => {
    const { a, b, cut } = memoryCarriers({ clock, ...options });
    host.accept(a).catch(() => undefined);
    cuts.push(cut);
    return b;
  };
  const peer = end(new Link({ role: "peer", clock, resumeWindowMs, ...(canRedial && { reconnect: dial }) }));
  return {
    clock,
    host,
    peer,
    dial,
    cut: () => cuts.at(-1)?.(),
    async open() {
      peer.link.attach(await dial());
      await clock.advance(200);
      return owners[0] as End;
    },
    owners,
  };
}

const sound = (init: object = {}) =>
  audioFrame({ sampleRate: 48_000, numberOfChannels: 1, format: "f32-planar", data: new Float32Array(960), ...init });

describe("A link", () => {
  it("brings every message once and in order, wherever the connection breaks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant("cut" as const), fc.constant("say" as const), fc.integer({ min: 1, max: 400 })), { maxLength: 60 }),
        fc.integer({ min: 0, max: 80 }),
        async (steps, delayMs) => {
          const w = world({ delayMs });
          const owner = await w.open();
          let said = 0;
          for (const step of steps) {
            if (step === "cut") w.cut();
            else if (typeof step === "number") await w.clock.advance(step);
            else {
              void owner.link.send(textFrame(`o${said}`));
              void w.peer.link.send(textFrame(`p${said++}`));
            }
          }
          await w.clock.advance(20_000);
          const all = (of: string): string[] => Array.from({ length: said }, (_, i) => `${of}${i}`);
          expect([w.peer.texts, owner.texts, w.owners.length]).toEqual([all("o"), all("p"), 1]);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  it("lets live media go while there is no connection, lets answers wait, and marks where media were lost", async () => {
    const w = world({ canRedial: false });
    const owner = await w.open();
    void owner.link.sendMedia(sound());
    await w.clock.advance(20);
    w.cut();
    await w.clock.advance(5);
    expect([owner.link.sendMedia(sound()), owner.states, w.peer.states]).toEqual([undefined, ["open", "lost"], ["open", "lost"]]);
    let hasLeft = false;
    const waiting = Promise.resolve(owner.link.sendMedia(sound({ turn: 1, flags: Flags.answer }))).then(() => {
      hasLeft = true;
    });
    await w.clock.advance(100);
    expect(hasLeft).toBe(false);
    w.peer.link.attach(await w.dial());
    await w.clock.advance(100);
    await waiting;
    expect(w.peer.media.map(({ flags }) => flags & Flags.discontinuity)).toEqual([1, 1]);
  });

  it("closes with transport-failed when the window is over, on both ends", async () => {
    const w = world({ canRedial: false, resumeWindowMs: 5_000 });
    const owner = await w.open();
    w.cut();
    await w.clock.advance(4_900);
    expect([owner.link.state, w.peer.link.state]).toEqual(["lost", "lost"]);
    await w.clock.advance(200);
    await expect(owner.link.done).rejects.toMatchObject({ code: "transport-failed" });
    await expect(w.peer.link.done).rejects.toMatchObject({ code: "transport-failed" });
    expect(() => owner.link.send(textFrame("late"))).toThrow(expect.objectContaining({ code: "transport-failed" }));
  });

  it("takes back nobody who cannot prove the session", async () => {
    const w = world();
    const owner = await w.open();
    const { a, b } = memoryCarriers({ clock: w.clock });
    const accepted = w.host.accept(a);
    accepted.catch(() => undefined);
    const heard: unknown[] = [];
    b.receive({
      message: (message) => void heard.push(message),
      media: () => undefined,
      request: () => false,
      played: () => undefined,
      closed: () => undefined,
    });
    void b.send({ type: "hello", protocol: "remotemedia.v1", session: owner.link.id, resumeToken: "guessed", turn: 99, received: 0 });
    await w.clock.advance(10);
    await expect(accepted).rejects.toMatchObject({ code: "auth-failed" });
    expect(heard).toMatchObject([{ type: "bye", error: { code: "auth-failed" } }]);
    expect([owner.link.turn, owner.link.state]).toEqual([1, "open"]);
  });

  it("sends away who never says hello, and who says something else first", async () => {
    const w = world();
    const mute = memoryCarriers({ clock: w.clock });
    const silent = w.host.accept(mute.a);
    silent.catch(() => undefined);
    const rude = memoryCarriers({ clock: w.clock });
    const wrong = w.host.accept(rude.a);
    wrong.catch(() => undefined);
    void rude.b.send({ type: "ack", received: 1 });
    await w.clock.advance(11_000);
    await expect(silent).rejects.toMatchObject({ code: "timeout" });
    await expect(wrong).rejects.toMatchObject({ code: "transport-failed" });
    expect(w.owners).toEqual([]);
  });

  it("tells the other end why its session could not be opened", async () => {
    const clock = new VirtualClock();
    const host = new LinkHost({ clock, open: () => Promise.reject(new Error("the model is missing")) });
    const { a, b } = memoryCarriers({ clock });
    const accepted = host.accept(a);
    accepted.catch(() => undefined);
    const peer = new Link({ role: "peer", clock });
    peer.attach(b);
    await clock.advance(10);
    await expect(accepted).rejects.toMatchObject({ code: "start-failed" });
    await expect(peer.done).rejects.toMatchObject({ code: "start-failed", message: expect.stringContaining("the model is missing") });
    expect(host.links).toEqual([]);
  });

  it("applies an interruption by either end on both, and drops what is stale", async () => {
    const w = world();
    const owner = await w.open();
    w.peer.link.interrupt();
    void owner.link.send(textFrame("stale", { turn: 1, flags: Flags.answer }));
    void owner.link.send(textFrame("transcript", { turn: 1 }));
    await w.clock.advance(10);
    expect([owner.link.turn, w.peer.link.turn, owner.turns, w.peer.texts]).toEqual([2, 2, [2], ["transcript"]]);
    owner.link.interrupt(5);
    await w.clock.advance(10);
    expect([w.peer.link.turn, w.peer.turns]).toEqual([5, [5]]);
    expect(owner.link.send(textFrame("stale", { turn: 4, flags: Flags.answer }))).toBe(undefined);
    await w.clock.advance(10);
    expect(w.peer.texts).toEqual(["transcript"]);
  });

  it("takes two interruptions at once for one", async () => {
    const w = world({ delayMs: 30 });
    const owner = await w.open();
    w.peer.link.interrupt();
    owner.link.interrupt(2);
    await w.clock.advance(200);
    expect([owner.link.turn, w.peer.link.turn, owner.turns, w.peer.turns]).toEqual([2, 2, [], []]);
  });

  it("catches up with the higher turn after a lost connection", async () => {
    const w = world();
    const owner = await w.open();
    w.cut();
    owner.link.interrupt(7);
    await w.clock.advance(1_000);
    expect([w.peer.link.turn, w.peer.turns]).toEqual([7, [7]]);
  });

  it("makes a sender wait whose reader is slow, without losing anything or holding more than its bound", async () => {
    const clock = new VirtualClock();
    const { a, b } = memoryCarriers({ clock, queueBytes: 64 * 1024 });
    const owner = end(new Link({ role: "owner", id: "s", clock }));
    let go: (() => void) | undefined;
    const slow = end(new Link({ role: "peer", clock }), () => new Promise<void>((resolve) => (go = resolve)));
    owner.link.attach(a);
    slow.link.attach(b);
    await clock.advance(1);
    let waits = 0;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) {
        const wait = owner.link.send(binaryFrame(new Uint8Array(16 * 1024)));
        if (wait !== undefined) waits++;
        await wait;
      }
    })();
    await clock.advance(500);
    expect([sent < 60, waits > 0, owner.link.stats().queuedBytes < 1024 ** 2]).toEqual([true, true, true]);
    for (let i = 0; i < 400 && slow.texts.length < 100; i++) {
      go?.();
      await clock.advance(60);
    }
    await sending;
    expect(slow.texts).toHaveLength(100);
  });

  it("fails with overflow who never waits", async () => {
    const clock = new VirtualClock();
    const owner = new Link({ role: "owner", id: "s", clock });
    expect(() => {
      for (let i = 0; i < 10_000; i++) void owner.send(binaryFrame(new Uint8Array(1024)));
    }).toThrow(expect.objectContaining({ code: "overflow" }));
  });

  it("ends when the other end breaks the order of messages", async () => {
    const clock = new VirtualClock();
    const { a, b } = memoryCarriers({ clock });
    const owner = end(new Link({ role: "owner", id: "s", clock }));
    owner.link.attach(a);
    b.receive({ message: () => undefined, media: () => undefined, request: () => false, played: () => undefined, closed: () => undefined });
    void b.send({ type: "hello", protocol: "remotemedia.v1", session: "", resumeToken: "", turn: 1, received: 0 });
    void b.send({ type: "frame", sequence: 3, frame: textFrame("from nowhere") });
    await clock.advance(10);
    await expect(owner.link.done).rejects.toMatchObject({ code: "transport-failed" });
    expect(owner.texts).toEqual([]);
  });

  it("goes on with a foreign end over another connection, without hello", async () => {
    const clock = new VirtualClock();
    const first = memoryCarriers({ clock, isForeign: true });
    const owner = end(new Link({ role: "owner", id: "page", clock }));
    owner.link.attach(first.a);
    first.cut();
    await clock.advance(10);
    void owner.link.send(textFrame("while it was away"));
    const second = memoryCarriers({ clock, isForeign: true });
    const texts: unknown[] = [];
    second.b.receive({
      message: (message) => void texts.push(message.type === "frame" && message.frame.kind === "text" && message.frame.text),
      media: () => undefined,
      request: () => false,
      played: () => undefined,
      closed: () => undefined,
    });
    owner.link.attach(second.a);
    await clock.advance(10);
    expect([owner.states, texts]).toEqual([["open", "lost", "open"], ["while it was away"]]);
  });
});
