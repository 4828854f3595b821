"""A worker as a process of its own. Descriptor 3 is the socket to the host; standard output and error belong to the nodes."""
from __future__ import annotations

import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Dict

from . import wire
from .worker import Worker

_BEAT_SECONDS = 0.5


class _HostLog(logging.Handler):
    """Records of `logging` become records of the host's log."""

    def __init__(self, worker: Worker):
        super().__init__()
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = "error" if record.levelno >= 40 else "warn" if record.levelno >= 30 else "info" if record.levelno >= 20 else "debug"
            self._worker.log(level, record.name, self.format(record))
        except Exception:
            self.handleError(record)


def _beat(worker: Worker) -> None:
    """Lets the host know that the process is alive, also while a node holds the loop; ends the process when there is no host any more."""
    message = wire.pack_message(wire.BEAT, 0, 0)
    while worker.has_host:
        time.sleep(_BEAT_SECONDS)
        try:
            worker.send(message)
        except OSError:
            break
    os._exit(1)


def main() -> None:
    """Serves until the host is gone."""
    # Ctrl-C reaches the whole group; the host decides what ends and when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    sock = socket.socket(fileno=3)
    os.set_inheritable(3, False)

    def prepare(given: Dict[str, Any]) -> None:
        logging.root.addHandler(_HostLog(worker))
        logging.root.setLevel(given.get("log_level", "INFO"))

    worker = Worker(sock, prepare=prepare)
    os.register_at_fork(after_in_child=sock.close)  # a child of user code must not keep it open
    threading.Thread(target=_beat, args=(worker,), name="remotemedia-beat", daemon=True).start()
    worker.run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that nodes left behind must not keep the process alive.
    os._exit(0)


main()
