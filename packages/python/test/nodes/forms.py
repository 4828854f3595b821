"""Every form that a Python node may have."""
import asyncio
import time


class Sync:
    def process(self, data):
        return data * 2


class Async:
    async def process(self, data):
        await asyncio.sleep(0)
        return data * 2


class Generator:
    def process(self, data):
        yield data
        yield data + 1


class AsyncGenerator:
    async def process(self, data):
        yield data
        await asyncio.sleep(0)
        yield data + 1


class Stream:
    is_streaming = True

    async def process(self, stream):
        total = 0
        async for data in stream:
            total += data
            yield total
        yield "end"


class Flushing:
    def __init__(self, size=2):
        self.size, self.held = size, []

    def process(self, data):
        self.held.append(data)
        if len(self.held) < self.size:
            return None
        held, self.held = self.held, []
        return held

    def flush(self):
        return self.held or None


class Hooked:
    def __init__(self):
        self.calls = ["init"]

    async def initialize(self):
        self.calls.append("initialize")

    def cleanup(self):
        print("cleaned up")

    def process(self, data):
        return self.calls


class SlowGenerator:
    def process(self, data):
        for index in range(3):
            time.sleep(0.05)
            yield index


class Slow:
    def process(self, data):
        time.sleep(0.2)
        return data


class Counting:
    """A source."""

    is_source = True

    def __init__(self, count=3):
        self.count = count

    async def process(self):
        for index in range(self.count):
            yield index


def doubled(data, by=2):
    return data * by


class Endless:
    """Speaks until it is cancelled."""

    async def process(self, data):
        try:
            index = 0
            while True:
                yield f"{data} {index}"
                index += 1
                await asyncio.sleep(0.005)
        finally:
            await asyncio.sleep(0)
            print(f"cancelled {data}")

    def cleanup(self):
        print("no more")


class Echo:
    def process(self, data):
        return data


class Shape:
    """What came, in words."""

    def process(self, data):
        return describe(data)


def describe(data):
    if type(data).__name__ == "ndarray":
        return f"{data.dtype}{list(data.shape)}"
    if type(data) is tuple:
        return "(" + ", ".join(describe(item) for item in data) + ")"
    if isinstance(data, list):
        return "[" + ", ".join(describe(item) for item in data) + "]"
    return repr(data)


class StreamEcho:
    is_streaming = True

    async def process(self, stream):
        async for data in stream:
            yield data


class Later:
    """Takes what comes at once, and answers in its own time."""

    is_streaming = True

    async def process(self, stream):
        waiting = asyncio.Queue()

        async def pull():
            async for data in stream:
                await waiting.put(data)
            await waiting.put(None)

        task = asyncio.ensure_future(pull())
        while True:
            data = await waiting.get()
            if data is None:
                break
            await asyncio.sleep(0.02)
            yield f"{data} later"
        await task


class Chorus:
    """Speaks before anything comes, between frames, and at the end: several items for each frame, taken as they come."""

    is_streaming = True

    async def process(self, stream):
        waiting = asyncio.Queue()

        async def pull():
            async for data in stream:
                waiting.put_nowait(data)
            waiting.put_nowait(None)

        task = asyncio.ensure_future(pull())
        yield "first"
        while True:
            data = await waiting.get()
            if data is None:
                break
            for voice in "ab":
                await asyncio.sleep(0)
                yield f"{data}{voice}"
        await task
        yield "last"


class FailsBetween:
    """Fails while it waits for the next frame."""

    is_streaming = True

    async def process(self, stream):
        async def pull():
            async for data in stream:
                taken.put_nowait(data)

        taken = asyncio.Queue()
        task = asyncio.ensure_future(pull())
        yield await taken.get()
        task.cancel()
        raise ValueError("between two")


class Restarting:
    """Fails once."""

    is_streaming = True
    runs = 0

    async def process(self, stream):
        self.runs += 1
        async for data in stream:
            if data == "fail" and self.runs == 1:
                raise ValueError("once")
            yield f"{data} {self.runs}"
