"""However a program ends, and whenever: nothing that it started stays behind."""
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remotemedia import ConfigurationError, PipelineError, _engine, runtime

SOURCE = str(Path(__file__).parents[1] / "src")
# A run with a node of the runtime and one of the program's own, over and over.
PROGRAM = """
import asyncio, sys, time
from remotemedia import Node, Pipeline
from remotemedia.nodes import MultiplyNode

class Waiting(Node):
    async def process(self, number):
        await asyncio.sleep(0.001)
        return number

print("begins", flush=True)
try:
    while True:
        Pipeline([MultiplyNode(2), Waiting()]).run([1, 2, 3])
        print("ran", flush=True)
finally:
    print("cleaned up", flush=True)
"""


def started(folder):
    # In a group of its own, so that what it starts can be found, and Ctrl-C be sent as a terminal does.
    env = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=env)


def descendants(parent):
    """Process ids of everything that a process has started."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    pairs = list(zip(map(int, found[::2]), map(int, found[1::2])))
    known = {parent}
    while True:
        more = {pid for pid, above in pairs if above in known} - known
        if not more:
            return known - {parent}
        known |= more


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(is_true, seconds=30):
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.02)


def leaves_nothing(folder, left):
    wait_until(lambda: not any(map(is_alive, left)) and not any(folder.iterdir()))


@pytest.mark.parametrize("seed", range(6))
def test_ctrl_c_at_any_moment(tmp_path, seed):
    program = started(tmp_path)
    assert program.stdout.readline() == "begins\n"
    time.sleep(random.Random(seed).random() * 0.8)
    left = descendants(program.pid)
    os.killpg(program.pid, signal.SIGINT)
    out, complaint = program.communicate(timeout=60)
    assert out.endswith("cleaned up\n")
    assert "KeyboardInterrupt" in complaint  # behind it asyncio may complain of a loop that was only half made
    leaves_nothing(tmp_path, left)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_is_killed(tmp_path, how):
    program = started(tmp_path)
    for line in ("begins\n", "ran\n"):
        assert program.stdout.readline() == line
    left = descendants(program.pid)
    assert left  # the runtime
    program.send_signal(how)
    program.communicate(timeout=60)
    leaves_nothing(tmp_path, left)


def test_a_runtime_that_is_killed_is_told_and_started_again():
    from remotemedia import Pipeline, PipelineError
    from remotemedia.nodes import MultiplyNode
    from remotemedia.runtime import running_engine

    pipeline = Pipeline([MultiplyNode(2)])
    assert pipeline.run(1) == 2
    host = running_engine()
    endless = iter(lambda: time.sleep(0.05) or 1, None)

    async def die():
        results = pipeline.process(endless)
        assert await results.__anext__() == 2
        os.kill(host._process.pid, signal.SIGKILL)
        async for _ in results:
            pass

    import asyncio

    with pytest.raises(PipelineError, match="the runtime ended before the run was over"):
        asyncio.run(die())
    assert pipeline.run(2) == 4


def test_a_fork_starts_a_runtime_of_its_own():
    program = """
import os
from remotemedia import Pipeline
from remotemedia.nodes import MultiplyNode
print(Pipeline([MultiplyNode(2)]).run(1), flush=True)
child = os.fork()
print(Pipeline([MultiplyNode(3)]).run(1), flush=True)
if child:
    os.waitpid(child, 0)
    print(Pipeline([MultiplyNode(4)]).run(1), flush=True)
"""
    env = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"}
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, env=env)
    assert (out.stdout.split(), out.stderr) == (["2", "3", "3", "4"], "")


def run_alone(program):
    env = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, env=env)


def test_a_fork_while_the_runtime_starts_has_one_of_its_own():
    program = """
import os, signal, time
from remotemedia import Pipeline, runtime
from remotemedia.nodes import MultiplyNode
runtime.start_engine()
while not runtime._lock.locked() and runtime.running_engine() is None:
    time.sleep(0.001)
child = os.fork()
if not child:
    signal.alarm(15)
print(Pipeline([MultiplyNode(3)]).run(1), flush=True)
if child:
    print(os.waitpid(child, 0)[1])
"""
    assert run_alone(program).stdout.split() == ["3", "3", "0"]


def test_a_fork_that_lives_longer_keeps_no_runtime_alive():
    program = """
import os, time
from remotemedia import Pipeline, runtime
from remotemedia.nodes import MultiplyNode
Pipeline([MultiplyNode(3)]).run(1)
child = os.fork()
if not child:
    time.sleep(80)
    os._exit(0)
began = time.monotonic()
runtime._engine.close()
print(time.monotonic() - began < 15)
os.kill(child, 9)
"""
    assert run_alone(program).stdout.split() == ["True"]


@pytest.mark.parametrize(
    "script, text",
    [
        ("time.sleep(60)", "^the runtime did not start: it says nothing for 1 s$"),
        ("sys.exit(3)", r"^the runtime did not start \(exit code 3\)$"),
        ("say('hello'); time.sleep(60)", r"^the runtime did not start \(it says 'hello'\)$"),
        ("say('ready'); time.sleep(60)", "^the runtime speaks protocol 1, and this package [0-9]+: install both in the same version"),
        ("say('ready 1000'); time.sleep(60)", "^the runtime speaks protocol 1000, and this package "),
    ],
)
def test_a_runtime_that_does_not_start_is_told(monkeypatch, tmp_path, script, text):
    program = f"""
import os, sys, time
def say(text):
    os.write(int(sys.argv[3]), text.encode())
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
{script}
"""
    monkeypatch.setattr(runtime, "command", lambda: [sys.executable, "-c", program])
    monkeypatch.setattr(runtime, "_START_SECONDS", 1)
    with pytest.raises(ConfigurationError, match=text):
        runtime.Engine()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_runtime_that_has_just_ended_is_told(monkeypatch, tmp_path):
    with pytest.raises(PipelineError, match="^the runtime has just ended: .* Run again"):
        _engine._connect(str(tmp_path / "engine"))


NODES = """
import asyncio
from remotemedia import Node, Pipeline
from remotemedia.nodes import MultiplyNode

class Mine(Node):
    async def process(self, number):
        await asyncio.sleep(0.01)
        return number

    def cleanup(self):
        print("cleanup", flush=True)

async def endless():
    try:
        while True:
            yield 1
    finally:
        print("input closed", flush=True)
"""
# What a program leaves in the middle: the loop ends with it.
LEFT = {
    "a loop that returns": """
    async for result in Pipeline([MultiplyNode(2), Mine()]).process(endless()):
        return result""",
    "an iterator that is kept": """
    global results
    results = Pipeline([MultiplyNode(2), Mine()]).process(endless())
    return await results.__anext__()""",
    "a loop that raises": """
    try:
        async for result in Pipeline([MultiplyNode(2), Mine()]).process(endless()):
            raise ValueError
    except ValueError as error:
        global kept
        kept = error
        return result""",
    "a session": """
    global session, output
    session = await Pipeline([MultiplyNode(2), Mine()]).open()
    output = session.output()
    await session.push(1)
    return await output.__anext__()""",
}


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_in_the_middle_is_cleaned_up_without_a_word(what):
    done = run_alone(f"{NODES}\nasync def main():{LEFT[what]}\n\nfor _ in range(2):\n    print(asyncio.run(main()), flush=True)")
    said = ["cleanup", "2"] if what == "a session" else ["cleanup", "input closed", "2"]
    assert (sorted(done.stdout.splitlines()), done.stderr) == (sorted(2 * said), "")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at what is open in /proc")
def test_a_fork_keeps_no_run_and_no_session_of_its_parent_open():
    program = f"""{NODES}
import os, signal, time
from remotemedia import runtime

def connections():
    folder = f"/proc/{{runtime.running_engine()._process.pid}}/fd"
    found = 0
    for one in os.listdir(folder):
        try:
            found += os.readlink(f"{{folder}}/{{one}}").startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return found

async def forked():
    results = Pipeline([MultiplyNode(2), Mine()]).process(endless())
    await results.__anext__()
    async with Pipeline([MultiplyNode(2), Mine()]).open() as session:
        await session.push(1)
        child = os.fork()
        if not child:
            time.sleep(80)
            os._exit(0)
        await results.aclose()
    return child

child = asyncio.run(forked())
end = time.monotonic() + 30
while connections() > 2 and time.monotonic() < end:
    time.sleep(0.02)
print(connections())
os.kill(child, signal.SIGKILL)
"""
    assert run_alone(program).stdout.splitlines()[-1] == "2"  # where it listens, and the program's life
