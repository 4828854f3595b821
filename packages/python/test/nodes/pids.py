import os


class Pids:
    """Adds the process that it lives in."""

    def process(self, pids):
        return [*pids, os.getpid()]
