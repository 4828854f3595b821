"""A node that says which process it lives in."""
import os
import sys


class Counted:
    async def initialize(self):
        # Tests read it from here: the newest process is the one that serves.
        with open(os.environ["REMOTEMEDIA_TEST_PID_FILE"], "w") as file:
            file.write(str(os.getpid()))

    def process(self, data):
        return data
