/**
 * The floor: node-datachannel and Opus in one loop, without a jitter buffer or a pipeline. What comes in is decoded, made quieter, encoded and sent. Same
 * signalling, same codec package and settings as ours.
 */
import { createServer } from "node:http";
import { Decoder, Encoder } from "@evan/opus";
import { PeerConnection } from "node-datachannel";
import { WebSocketServer } from "ws";
import { readRtp, writeRtp } from "../rtp.mjs";

const [RATE, BITRATE, COMPLEXITY, GAIN] = [48_000, 32_000, 4, 0.8];
const http = createServer((_, response) => response.end("{}"));
new WebSocketServer({ server: http, path: "/ws" }).on("connection", serve);
http.listen(0, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${http.address().port}`));

function serve(socket) {
  const pc = new PeerConnection("loop", { iceServers: [], bindAddress: "127.0.0.1" });
  const tell = (message) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(message));
  pc.onLocalDescription((sdp, type) => tell({ type, sdp }));
  pc.onLocalCandidate((candidate, sdpMid) =>
    tell({ type: "ice-candidate", candidate: { candidate, sdpMid, sdpMLineIndex: Number(sdpMid) } }),
  );
  pc.onTrack((track) => echo(track));
  const early = [];
  let isOffered = false;
  socket.on("message", (text) => {
    const message = JSON.parse(text);
    if (message.type === "offer") {
      pc.setRemoteDescription(message.sdp, "offer");
      isOffered = true;
      for (const candidate of early) pc.addRemoteCandidate(candidate.candidate, candidate.sdpMid);
    } else if (message.type === "ice-candidate") {
      if (isOffered) pc.addRemoteCandidate(message.candidate.candidate, message.candidate.sdpMid);
      else early.push(message.candidate);
    }
  });
  socket.on("close", () => pc.close());
}

function echo(track) {
  const decoder = new Decoder({ channels: 1, sample_rate: RATE });
  const encoder = new Encoder({ channels: 1, sample_rate: RATE, application: "audio" });
  encoder.bitrate = BITRATE;
  encoder.complexity = COMPLEXITY;
  const buffer = Buffer.alloc(1500);
  let index = 0;
  track.onMessage((packet) => {
    const rtp = readRtp(packet);
    if (rtp === undefined || !track.isOpen()) return;
    const bytes = decoder.decode(rtp.payload);
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    for (let n = 0; n < samples.length; n++) samples[n] *= GAIN;
    const payload = Buffer.from(encoder.encode(samples));
    const header = { payloadType: rtp.payloadType, ssrc: rtp.ssrc, index: index++, isFirst: index === 1 };
    track.sendMessageBinary(Buffer.from(writeRtp(buffer, header, payload)));
  });
}
