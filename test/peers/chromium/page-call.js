// A page's own client, as docs/serving.md shows it; put into pages by the tests.
window.call = async ({ tone } = {}) => {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws`);
  await new Promise((opened) => (socket.onopen = opened));
  const messages = [];
  const audio = document.body.appendChild(Object.assign(document.createElement("audio"), { autoplay: true }));
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: tone ?? 440 });
  const output = context.createMediaStreamDestination();
  oscillator.connect(output);
  oscillator.start();

  const call = { messages, audio, context, socket, kinds: [] };
  call.connect = async () => {
    const peer = new RTCPeerConnection();
    call.peer = peer;
    for (const track of output.stream.getTracks()) peer.addTrack(track, output.stream);
    call.channel = peer.createDataChannel("messages");
    call.channel.onmessage = ({ data }) => messages.push(data);
    peer.ontrack = ({ streams }) => (audio.srcObject = streams[0]);
    peer.onicecandidate = ({ candidate }) => candidate && socket.send(JSON.stringify({ type: "ice-candidate", candidate }));
    await call.offer();
  };
  call.offer = async (options) => {
    const started = performance.now();
    await call.peer.setLocalDescription(await call.peer.createOffer(options));
    socket.send(JSON.stringify({ type: "offer", sdp: call.peer.localDescription.sdp }));
    while (call.peer.connectionState !== "connected" || call.channel.readyState !== "open" || (await call.packets()) < 1) {
      if (performance.now() - started > 40_000) throw new Error(`not connected: ${call.peer.connectionState}, ${messages}`);
      await new Promise((later) => setTimeout(later, 5));
    }
    call.connectMs = performance.now() - started;
  };
  call.packets = async () => [...(await call.peer.getStats()).values()].find(({ type }) => type === "inbound-rtp")?.packetsReceived ?? 0;
  /** The frequency that is heard most, Hz. */
  call.heard = async () => {
    const analyser = Object.assign(context.createAnalyser(), { fftSize: 8192 });
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount).fill(-Infinity);
    let loudest = 0;
    // Ten pages on two cores take their time.
    for (let tries = 0; tries < 50 && !(levels[loudest] > -60); tries++) {
      await new Promise((later) => setTimeout(later, 200));
      analyser.getFloatFrequencyData(levels);
      loudest = levels.indexOf(Math.max(...levels));
    }
    return { hertz: (loudest * context.sampleRate) / 8192, decibels: levels[loudest] };
  };
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    call.kinds.push(message.type);
    if (message.type === "answer") await call.peer.setRemoteDescription({ type: "answer", sdp: message.sdp });
    if (message.type === "ice-candidate") await call.peer.addIceCandidate(message.candidate);
    if (message.type === "error") messages.push(`error: ${message.message}`);
  };
  await call.connect();
  window.current = call;
};
