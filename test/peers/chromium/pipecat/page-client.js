// In a page: Pipecat's client as it comes from npm. `window.talk` connects it and keeps what it is told.
import { PipecatClient } from "@pipecat-ai/client-js";
import { SmallWebRTCTransport, WavMediaManager as WebRtcMedia } from "@pipecat-ai/small-webrtc-transport";
import { WavMediaManager, WebSocketTransport } from "@pipecat-ai/websocket-transport";

// The media managers that are the default of both transports load a part of them from the internet; these do not.
const transports = {
  websocket: () => new WebSocketTransport({ mediaManager: new WavMediaManager(512, 16_000) }),
  webrtc: () => new SmallWebRTCTransport({ mediaManager: new WebRtcMedia() }),
};

const player = Object.assign(document.createElement("audio"), { autoplay: true });
document.body.append(player);

// Counts what the player of the WebSocket transport is given.
const heard = { samples: 0, loudest: 0 };
const bufferBotAudio = WavMediaManager.prototype.bufferBotAudio;
WavMediaManager.prototype.bufferBotAudio = function (data, id) {
  heard.samples += data.length;
  for (const sample of data) heard.loudest = Math.max(heard.loudest, Math.abs(sample) / 32_768);
  return bufferBotAudio.call(this, data, id);
};

window.talk = async (kind, connection, start) => {
  const told = [];
  const client = new PipecatClient({
    transport: transports[kind](),
    enableMic: true,
    enableCam: false,
    callbacks: Object.fromEntries(
      [
        ...["BotReady", "UserStartedSpeaking", "UserStoppedSpeaking", "UserTranscript", "BotStartedSpeaking", "BotStoppedSpeaking"],
        ...["BotLlmText", "BotTtsText", "BotOutput", "ServerMessage", "Error", "MessageError", "Connected", "Disconnected"],
      ].map((name) => [
        `on${name}`,
        (data) => told.push({ name: `on${name}`, data: data === undefined ? null : JSON.parse(JSON.stringify(data)) }),
      ]),
    ),
  });
  client.on("trackStarted", (track, participant) => {
    if (participant?.local || kind !== "webrtc") return;
    if (track.kind === "audio") player.srcObject = new MediaStream([track]);
  });
  window.current = { client, told, heard };
  const ready = start === undefined ? await client.connect(connection) : await client.startBotAndConnect(start);
  return ready;
};
