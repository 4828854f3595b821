"""Finds the runtime and Node.js, and keeps one process of it for as long as this one lives."""
from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from typing import Any, List, Optional, Tuple

from ._worker import wire
from .errors import ConfigurationError

_HERE = os.path.dirname(os.path.realpath(__file__))
_RUNTIME = os.path.join(_HERE, "_runtime", "remotemedia.js")
# Half a second, on a machine that has time.
_START_SECONDS = 30
# A path of a socket has 103 bytes on some systems, of which its own folder takes 28.
_LONGEST = 75
_GET_NODE = "Install Node.js 20 or newer (https://nodejs.org/en/download, or your system's package nodejs), or name one in REMOTEMEDIA_NODE."


def command() -> List[str]:
    """How the runtime is started. Raises `ConfigurationError` that says what is missing."""
    node = os.environ.get("REMOTEMEDIA_NODE") or shutil.which("node") or shutil.which("nodejs")
    if node is None:
        raise ConfigurationError(f"the runtime needs Node.js, which is not on the path. {_GET_NODE}")
    version = _version_of(node)
    if version < 20:
        raise ConfigurationError(f"the runtime needs Node.js 20 or newer; {node} is {version}. {_GET_NODE}")
    if os.path.isfile(_RUNTIME):
        return [node, _RUNTIME]
    installed = shutil.which("remotemedia")
    if installed is not None and os.path.realpath(installed).endswith(".js"):
        return [node, os.path.realpath(installed)]
    raise ConfigurationError("the runtime is not in this package. In its checkout: npm ci && npm run build, then pip install again")


@functools.lru_cache(maxsize=None)
def _version_of(node: str) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10).stdout
        return int(said.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        source = "REMOTEMEDIA_NODE names" if node == os.environ.get("REMOTEMEDIA_NODE") else "the path has"
        raise ConfigurationError(f"{source} {node}, which is no Node.js that runs: {error}. {_GET_NODE}") from error


class Engine:
    """A running process of the runtime. It ends with this process, however that ends: it holds the other end of a socket."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        start = command()
        temporary = tempfile.gettempdir()
        self._folder = tempfile.mkdtemp(prefix="remotemedia-", dir=temporary if len(os.fsencode(temporary)) <= _LONGEST else "/tmp")
        self.path = os.path.join(self._folder, "engine")
        # Its workers run on this Python with this package, which gets a folder to itself: what else is installed must not come before Python's own.
        self._package = os.path.join(self._folder, "python")
        self._life, theirs = socket.socketpair()
        outputs = _opened_again(1), _opened_again(2)
        try:
            # In a session of its own: Ctrl-C is for the program, which cancels what runs.
            self._process = subprocess.Popen(
                [*start, "engine", self._folder, str(theirs.fileno())],
                stdout=outputs[0],
                stderr=outputs[1],
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={"REMOTEMEDIA_PYTHON": sys.executable or "python3", "REMOTEMEDIA_PYTHON_PACKAGE": self._package, **os.environ},
            )
        except BaseException:
            self._life.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        finally:
            theirs.close()
            for output in outputs:
                if output is not None:
                    os.close(output)
        try:
            self._check(self._said())
            os.mkdir(self._package)
            os.symlink(_HERE, os.path.join(self._package, "remotemedia"))
        except BaseException:
            self._process.kill()
            self.close()
            raise

    def _said(self) -> Optional[str]:
        """The line that it starts with; empty where it ends instead, None where it says nothing."""
        self._life.settimeout(_START_SECONDS)
        try:
            return self._life.recv(64).decode(errors="replace").strip()
        except socket.timeout:
            return None

    def _check(self, said: Optional[str]) -> None:
        word, _, protocol = (said or "").partition(" ")
        if word == "ready" and protocol == str(wire.PROTOCOL):
            return
        if word == "ready":
            what = f"the runtime speaks protocol {protocol or 1}, and this package {wire.PROTOCOL}: install both in the same version, or build both"
        elif said is None:
            what = f"the runtime did not start: it says nothing for {_START_SECONDS} s"
        else:
            what = f"the runtime did not start ({f'it says {said!r}' if said else f'exit code {self._process.wait(5)}'})"
        raise ConfigurationError(what)

    @property
    def is_running(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Ends the process."""
        if self.owner != os.getpid():
            return  # a fork's: it belongs to the parent
        self.hang_up()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def hang_up(self) -> None:
        """Lets the process end, when nobody else has this end of the socket."""
        self._life.close()


def _opened_again(descriptor: int) -> Optional[int]:
    """
    An output that is a pipe, opened once more. Node.js makes pipes that it writes to non-blocking, and that is shared by all who have the same
    opening: a `print` of this program would fail whenever its reader is slow.
    """
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return None
        again = os.open(f"/dev/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)  # which does not wait for a reader
    except OSError:
        return None
    os.set_blocking(again, True)
    return again


_lock = threading.Lock()
_engine: Optional[Engine] = None


def _forked() -> None:
    """A child must not keep its parent's process alive."""
    global _engine
    if _engine is not None:
        _engine.hang_up()
    _engine = None
    _lock.release()


if hasattr(os, "register_at_fork"):
    # Not while one starts: in the child nobody would give the locks back that starting takes.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forked)


def running_engine() -> Optional[Engine]:
    """The process of the runtime where one runs."""
    return _engine if _engine is not None and _engine.is_running else None


def engine() -> Engine:
    """The process of the runtime, started where there is none. Raises `ConfigurationError`."""
    global _engine
    with _lock:
        if _engine is None or not _engine.is_running:
            _engine = Engine()
            atexit.register(_engine.close)
        return _engine


def start_engine() -> None:
    """Starts the process where there is none, and does not wait for it; `engine` does, and says what failed."""
    if running_engine() is None:
        threading.Thread(target=_started, name="remotemedia-start").start()


def _started() -> None:
    try:
        engine()
    except ConfigurationError:
        pass


def try_load_rust_runtime() -> Tuple[bool, Any, Optional[str]]:
    """Whether the runtime can be used, the module `remotemedia_runtime`, and why not."""
    try:
        command()
        return True, importlib.import_module("remotemedia_runtime"), None
    except (ConfigurationError, ImportError) as error:
        return False, None, str(error)


def is_rust_runtime_available() -> bool:
    """Whether pipelines run in the runtime; warns when they do not."""
    is_there, _, error = try_load_rust_runtime()
    if not is_there:
        warnings.warn(f"Rust runtime unavailable, falling back to Python execution: {error}", UserWarning, stacklevel=2)
    return is_there


def get_rust_runtime() -> Any:
    """The module `remotemedia_runtime`, None where the runtime is not there."""
    return try_load_rust_runtime()[1]


def is_available() -> bool:
    """Whether the runtime can be used."""
    return try_load_rust_runtime()[0]


def get_runtime_version() -> str:
    """The version of the runtime, which is that of this package."""
    from . import __version__

    return __version__


async def execute_pipeline(manifest_json: str, enable_metrics: bool = False) -> Any:
    """
    Runs a manifest whose sources need no input. Gives a single result bare, else the list of results; with `enable_metrics`
    `{"outputs": …, "metrics": "…"}`, metrics as JSON. Python nodes are those of `remotemedia.nodes`, and of modules that the program has imported.
    Raises as `Pipeline.from_definition` and `Pipeline.run`.
    """
    return await _execute(manifest_json, None, enable_metrics)


async def execute_pipeline_with_input(manifest_json: str, input_data: List[Any], enable_metrics: bool = False) -> Any:
    """As `execute_pipeline`, with the items of a list as input."""
    return await _execute(manifest_json, list(input_data), enable_metrics)


async def _execute(manifest_json: str, given: Optional[List[Any]], enable_metrics: bool) -> Any:
    from ._definition import parts_of
    from ._running import Running
    from .errors import PipelineError

    try:
        definition = json.loads(manifest_json)
    except ValueError as error:
        raise PipelineError(f"Failed to parse manifest: {error}") from error
    name, nodes, layout = parts_of(definition, trusted=False)
    running = Running(name, nodes, layout=layout)
    found = [value async for value in running.results(given, True, False)]
    outputs = found[0] if len(found) == 1 else found
    return {"outputs": outputs, "metrics": json.dumps(running.metrics)} if enable_metrics else outputs
