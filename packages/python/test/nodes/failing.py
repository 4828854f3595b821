"""Nodes that do what nodes should not."""
import asyncio
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time


class InInit:
    def __init__(self):
        raise ValueError("no init today")

    def process(self, data):
        return data


class InInitialize:
    async def initialize(self):
        raise RuntimeError("no model")

    def process(self, data):
        return data


class InProcess:
    def process(self, data):
        return self.helper(data)

    def helper(self, data):
        raise KeyError(f"bad {data}")


class InGenerator:
    async def process(self, data):
        yield data
        raise ValueError("after one")


class InCleanup:
    def process(self, data):
        return data

    def cleanup(self):
        raise OSError("cannot close")


class MissingModule:
    def __init__(self):
        import cv2_which_is_not_there.sub  # noqa: F401

    def process(self, data):
        return data


class Exits:
    def process(self, data):
        sys.exit(3)


class ExitsInInit:
    def __init__(self):
        sys.exit(4)

    def process(self, data):
        return data


class ExitsInInitialize:
    async def initialize(self):
        sys.exit("no licence")

    def process(self, data):
        return data


class ExitsInCoroutine:
    async def process(self, data):
        sys.exit(5)


class DiesInInit:
    def __init__(self):
        os._exit(9)

    def process(self, data):
        return data


class InFlush:
    def process(self, data):
        return None

    def flush(self):
        raise ValueError("nothing to give")


class InStream:
    is_streaming = True

    async def process(self, stream):
        async for data in stream:
            yield data
            raise LookupError("in the stream")


class EndsInThread:
    """Takes long, and then has nothing more."""

    def process(self, data):
        time.sleep(0.05)
        if data == "b":
            next(iter(()))
        return data


class CancelledStream:
    """Waits for work of its own that somebody else cancels."""

    is_streaming = True

    async def process(self, stream):
        async for data in stream:
            yield data
            work = asyncio.ensure_future(asyncio.sleep(10))
            work.cancel()
            await work


class NobodyListens:
    def __init__(self):
        socket.create_connection(("127.0.0.1", 1))

    def process(self, data):
        return data


class YieldsObject:
    """Is told that nobody wants more after what cannot be sent."""

    def process(self, data):
        try:
            yield data
            yield object()
            yield "never"
        finally:
            print("closed")


class Pools:
    """Has processes of its own."""

    def process(self, data):
        with multiprocessing.Pool(2) as pool:
            return pool.map(abs, data)


class Calls:
    """Runs a program."""

    def process(self, data):
        return subprocess.run([sys.executable, "-c", f"print({data!r} * 2)"], stdout=subprocess.PIPE, text=True).stdout.strip()


class ClosesEverything:
    """As programs do that become a service of the system."""

    def process(self, data):
        if data == "close":
            os.closerange(3, 64)
        return data


class Dies:
    def process(self, data):
        if data == "die":
            os._exit(7)
        return data


class Prints:
    def process(self, data):
        print("to standard output", data)
        sys.stderr.write("to standard error\n")
        os.write(1, b"\x00\x01\x02 raw bytes\n")
        logging.getLogger("mine").warning("logged %s", data)
        return data


class Forks:
    def process(self, data):
        child = os.fork()
        if child == 0:
            return "from the child"
        os.waitpid(child, 0)
        return "from the parent"


class Blocks:
    """Never gives the loop back."""

    def process(self, data):
        if data == "block":
            while True:
                time.sleep(1)
        return data


class LeaksThreads:
    def process(self, data):
        threading.Thread(target=time.sleep, args=(3600,)).start()
        return data


class NoProcess:
    pass


class GivesNone:
    def __new__(cls):
        return None

    def process(self, data):
        return data


class Wants:
    def __init__(self, size):
        self.size = size

    def process(self, data):
        return self.size


class Announces:
    """Says that it blocks, and does."""

    def process(self, data):
        print("it blocks")
        while True:
            time.sleep(1)
