import { Audio, PeerConnection } from "node-datachannel";
import { WebSocket } from "ws";
import { createRecord } from "./record.mjs";
import { readRtp, writeRtp } from "./rtp.mjs";

const PAYLOAD_TYPE = 111;
const MOST_PACKET_BYTES = 1500;
const PACKET_MS = 20;
const scratch = Buffer.alloc(MOST_PACKET_BYTES);

/**
 * One caller, as the earlier page is one: it offers an audio track and the data channel `messages` over the server's WebSocket, sends packets that
 * were encoded before, and notes what comes back.
 *
 * It sends nothing by itself: from `opened` on a packet clock calls `send` when `dueMs` has come. `ppm` is what its clock is off.
 */
export async function connectClient({ url, bindAddress, id, packets, network, opened, ppm = 0, timeoutMs = 15_000 }) {
  const client = {
    dueMs: Number.POSITIVE_INFINITY,
    times: { startedMs: performance.now() },
    record: createRecord(),
    sentMs: [],
    firstIndex: (id * 37) % packets.length,
    index: (id * 37) % packets.length,
    ppm,
  };
  const socket = new WebSocket(url);
  const pc = new PeerConnection(`client-${id}`, { iceServers: [], disableAutoNegotiation: true, bindAddress });
  let fail;
  const failed = new Promise((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // after the start nobody waits for it
  client.close = () => {
    client.dueMs = Number.POSITIVE_INFINITY;
    pc.close();
    if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"close"}');
    socket.close();
  };
  const timer = setTimeout(() => fail(new Error(`no audio came back within ${timeoutMs} ms (${pc.state()})`)), timeoutMs);
  try {
    socket.on("error", fail);
    await Promise.race([new Promise((resolve) => socket.once("open", resolve)), failed]);
    const track = pc.addTrack(audioOf(id));
    client.channel = pc.createDataChannel("messages");
    const media = listen(client, track, network, opened);
    client.send = (nowMs) => sendPacket(client, track, packets, network, id + 1, nowMs);
    signal(pc, socket, client.times, fail);
    client.times.offeredMs = performance.now();
    pc.setLocalDescription("offer");
    await Promise.race([media, failed]);
    return client;
  } catch (error) {
    client.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function audioOf(id) {
  const audio = new Audio("0", "SendRecv");
  audio.addOpusCodec(PAYLOAD_TYPE);
  audio.addSSRC(id + 1, `caller-${id}`, `stream-${id}`, `track-${id}`);
  return audio;
}

/** Connects the peer connection with the messages of the socket. */
function signal(pc, socket, times, fail) {
  const tell = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  pc.onLocalDescription((sdp, type) => tell({ type, sdp }));
  pc.onLocalCandidate((candidate, sdpMid) =>
    tell({ type: "ice-candidate", candidate: { candidate: candidate.replace(/^a=/, ""), sdpMid, sdpMLineIndex: sdpMid === "0" ? 0 : 1 } }),
  );
  pc.onStateChange((state) => {
    if (state === "connected") times.connectedMs ??= performance.now();
    if (state === "failed") fail(new Error("the connection failed"));
  });
  socket.on("message", (text) => {
    const message = JSON.parse(text);
    if (message.type === "answer") pc.setRemoteDescription(message.sdp, "answer");
    else if (message.type === "ice-candidate" && message.candidate?.candidate)
      pc.addRemoteCandidate(message.candidate.candidate, message.candidate.sdpMid ?? "0");
    else if (message.type === "error") fail(new Error(`the server says: ${message.message}`));
  });
}

/** Resolves with the first packet of audio that comes back. */
function listen(client, track, network, opened) {
  return new Promise((resolve) => {
    track.onOpen(() => {
      client.dueMs = performance.now() + (client.index % PACKET_MS);
      opened(client); // the clock may now call it
    });
    track.onMessage((packet) => {
      const nowMs = performance.now();
      const rtp = readRtp(packet);
      if (rtp === undefined || !network.back(() => client.record.add(nowMs, rtp))) return;
      client.times.mediaMs ??= nowMs;
      resolve();
    });
  });
}

/** Sends the packet that is due; the next one is due 20 ms later by the client's own clock. */
function sendPacket(client, track, packets, network, ssrc, nowMs) {
  const index = client.index++;
  client.dueMs += PACKET_MS * (1 - client.ppm / 1e6);
  client.sentMs.push(nowMs);
  const header = { payloadType: PAYLOAD_TYPE, ssrc, index, isFirst: index === client.firstIndex };
  network.there(() => {
    if (track.isOpen()) track.sendMessageBinary(Buffer.from(writeRtp(scratch, header, packets[index % packets.length])));
  });
}
