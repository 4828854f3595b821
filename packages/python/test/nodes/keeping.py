"""Nodes that do something else with an array than read it once."""
import asyncio
import threading

import numpy as np


class Returns:
    def process(self, data):
        return data


class InPlace:
    def process(self, data):
        data[0][:] *= 2
        return data


class View:
    def process(self, data):
        return data[0][:, 1:], data[1]


class Pieces:
    """Views of the input, one by one."""

    def process(self, data):
        for column in range(data[0].shape[1]):
            yield data[0][:, column : column + 1], data[1]


class Waits:
    async def process(self, data):
        await asyncio.sleep(0.001)
        return data


class Keeps:
    """All of it, until the end."""

    def __init__(self):
        self.kept = []

    def process(self, data):
        self.kept.append(self.part_of(data[0]))
        self.rate = data[1]

    def part_of(self, array):
        return array

    def flush(self):
        return np.concatenate([np.array(part).reshape(-1) for part in self.kept]), self.rate


class KeepsViews(Keeps):
    def part_of(self, array):
        return array[:, ::-1].T


class KeepsMemory(Keeps):
    def part_of(self, array):
        return memoryview(array)[:1]


class KeepsSubclass(Keeps):
    def part_of(self, array):
        return array.view(np.matrix)


class KeepsFailing(Keeps):
    """Its inputs are in the exceptions that it has kept."""

    def __init__(self):
        self.errors = []

    def process(self, data):
        self.rate = data[1]
        try:
            raise ValueError("kept")
        except ValueError as error:
            self.errors.append(error)

    @property
    def kept(self):
        return [error.__traceback__.tb_frame.f_locals["data"][0] for error in self.errors]


class KeepsBytes:
    """Arrays of bytes, until the end."""

    def __init__(self):
        self.kept = []

    def process(self, array):
        self.kept.append(array)

    def flush(self):
        return [int(value) for array in self.kept for value in array.reshape(-1)]


class FailsOnce:
    """Gives the frame that it failed on at the end."""

    def __init__(self):
        self.failed = None

    def process(self, data):
        if self.failed is None:
            self.failed = data
            raise ValueError("once", data)
        return data

    def flush(self):
        return self.failed


class LooksLater:
    """A thread that has not read its input when the call is over."""

    def __init__(self):
        self.sums = []
        self.threads = []

    def process(self, data):
        go = threading.Event()
        thread = threading.Thread(target=lambda: (go.wait(), self.sums.append(float(data[0].sum()))))
        thread.start()
        threading.Timer(0.02, go.set).start()
        self.threads.append(thread)

    def flush(self):
        for thread in self.threads:
            thread.join()
        return sorted(self.sums)


class Owns:
    """Whether the array that it gets is its own, or lent; from the frame on that it is told, it keeps every one."""

    def __init__(self, keep_from=1_000, wait=False):
        self.keep_from, self.wait = keep_from, wait
        self.kept = []
        self.count = 0

    def process(self, data):
        self.count += 1
        if self.count > self.keep_from:
            self.kept.append(data)
        base = data[0].base
        is_own = base is None or (base.base is None and base.flags.owndata)
        return later(is_own) if self.wait else is_own


async def later(value):
    await asyncio.sleep(0)
    return value
