"""`asyncio_queues.py NODES FRAMES`: tasks joined by queues of 8, the usual shape of a pipeline in Python. A whole process."""

import asyncio
import sys
import time

NODES, FRAMES = int(sys.argv[1]), int(sys.argv[2])


class Counter:
    """The same metrics as everywhere: a count per frame, times on the first 16 and then one of 16."""

    def __init__(self):
        self.frames = self.timed = 0
        self.total = 0.0

    def work(self, frame):
        count = self.frames
        self.frames = count + 1
        if count < 16 or not count & 15:
            started = time.perf_counter()
            self.timed += 1
            self.total += time.perf_counter() - started
        return frame


async def node(source, sink):
    counter = Counter()
    while (frame := await source.get()) is not None:
        await sink.put(counter.work(frame))
    await sink.put(None)


async def main():
    queues = [asyncio.Queue(8) for _ in range(NODES + 1)]
    tasks = [asyncio.create_task(node(queues[i], queues[i + 1])) for i in range(NODES)]

    async def feed():
        frame = {"kind": "json", "value": 1}
        for _ in range(FRAMES):
            await queues[0].put(frame)
        await queues[0].put(None)

    tasks.append(asyncio.create_task(feed()))
    while await queues[-1].get() is not None:
        pass
    await asyncio.gather(*tasks)


asyncio.run(main())
