"""aiortc, the WebRTC stack of the earlier SDK, as an echo through its own resampler: 48 to 16 kHz and back, with our signalling.

Its Opus codec, jitter buffer and clock are as they come. Says the address on stdout; GET /stats gives how long resampling took per frame, ms, since the
last time it was asked.
"""

import asyncio
import json
import logging
import signal
import sys
import time

import aiortc
from aiohttp import WSMsgType, web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioResampler

logging.disable(logging.CRITICAL)
connections = set()
frame_ms = []


class Echo(MediaStreamTrack):
    """What comes in, through two resamplers."""

    kind = "audio"

    def __init__(self, track):
        super().__init__()
        self.track = track
        self.down = AudioResampler(format="s16", layout="mono", rate=16000, frame_size=320)
        self.up = AudioResampler(format="s16", layout="mono", rate=48000, frame_size=960)
        self.waiting = []

    async def recv(self):
        while not self.waiting:
            frame = await self.track.recv()
            begin = time.perf_counter()
            self.waiting = [out for part in self.down.resample(frame) for out in self.up.resample(part)]
            frame_ms.append((time.perf_counter() - begin) * 1000)
        return self.waiting.pop(0)


async def signaling(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    pc = RTCPeerConnection()
    connections.add(pc)
    early = []

    @pc.on("track")
    def on_track(track):
        if track.kind == "audio":
            pc.addTrack(Echo(track))

    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        data = json.loads(message.data)
        if data["type"] == "offer":
            await pc.setRemoteDescription(RTCSessionDescription(data["sdp"], "offer"))
            await pc.setLocalDescription(await pc.createAnswer())
            for candidate in early:
                await add(pc, candidate)
            await socket.send_json({"type": "answer", "sdp": pc.localDescription.sdp})
        elif data["type"] == "ice-candidate" and data["candidate"]["candidate"]:
            if pc.remoteDescription is None:
                early.append(data["candidate"])
            else:
                await add(pc, data["candidate"])
    connections.discard(pc)
    await pc.close()
    return socket


async def add(pc, told):
    candidate = candidate_from_sdp(told["candidate"].split(":", 1)[1])
    candidate.sdpMid = told.get("sdpMid")
    candidate.sdpMLineIndex = told.get("sdpMLineIndex")
    await pc.addIceCandidate(candidate)


async def stats(_):
    taken = sorted(frame_ms)
    frame_ms.clear()
    at = lambda share: taken[min(len(taken) - 1, int(share * len(taken)))] if taken else None
    return web.json_response({"frames": len(taken), "sum": sum(taken), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99)})


async def main():
    app = web.Application()
    app.router.add_get("/ws", signaling)
    app.router.add_get("/stats", stats)
    app.router.add_get("/", lambda _: web.Response(text="<!doctype html><title>aiortc</title>", content_type="text/html"))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready http://127.0.0.1:{site._server.sockets[0].getsockname()[1]} aiortc {aiortc.__version__}", flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await asyncio.gather(*(pc.close() for pc in connections))
    await runner.cleanup()


asyncio.run(main())
sys.exit(0)
