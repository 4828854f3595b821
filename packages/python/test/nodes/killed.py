"""A node that says which process it lives in."""
import asyncio
import os
import sys


class Counted:
    async def initialize(self):
        # Tests read it from here: the newest process is the one that serves.
        with open(os.environ["REMOTEMEDIA_TEST_PID_FILE"], "w") as file:
            file.write(str(os.getpid()))

    def process(self, data):
        return data


class Prepared(Counted):
    """Whether it was entered only after it was ready."""

    async def initialize(self):
        await super().initialize()
        self.runs = 0
        await asyncio.sleep(0.2)
        self.runs = 1

    def process(self, data):
        return [data, self.runs]
