/**
 * Runs in a page: one call, as the earlier page makes it, with a tone in place of the microphone. Gives ms from `createOffer` to the first audio packet that came back, and
 * to `connected`. Everything it needs is inside, because it is sent to the page as text.
 */
export async function callFromPage({ socketUrl, timeoutMs }) {
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio);
  const sink = new MediaStreamAudioDestinationNode(audio);
  tone.connect(sink);
  tone.start();
  const socket = new WebSocket(socketUrl);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: () => reject(new Error("no WebSocket")) }));
  const pc = new RTCPeerConnection();
  const startMs = performance.now();
  let connectedMs;
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === "connected") connectedMs ??= performance.now() - startMs;
  };
  pc.onicecandidate = ({ candidate }) => candidate && socket.send(JSON.stringify({ type: "ice-candidate", candidate: candidate.toJSON() }));
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "answer") await pc.setRemoteDescription(message);
    else if (message.type === "ice-candidate") await pc.addIceCandidate(message.candidate);
  };
  pc.ontrack = ({ track }) => Object.assign(new Audio(), { srcObject: new MediaStream([track]), autoplay: true });
  pc.addTrack(sink.stream.getAudioTracks()[0], sink.stream);
  pc.createDataChannel("messages");
  await pc.setLocalDescription(await pc.createOffer());
  socket.send(JSON.stringify({ type: "offer", sdp: pc.localDescription.sdp }));
  const received = async () =>
    [...(await pc.getStats()).values()].some(({ type, packetsReceived }) => type === "inbound-rtp" && packetsReceived > 0);
  while (!(await received()) && performance.now() - startMs < timeoutMs) await new Promise((resolve) => setTimeout(resolve, 5));
  const mediaMs = performance.now() - startMs;
  const state = pc.connectionState;
  pc.close();
  socket.close();
  await audio.close();
  return mediaMs >= timeoutMs ? { failed: `no audio within ${timeoutMs} ms, ${state}` } : { mediaMs, connectedMs };
}
