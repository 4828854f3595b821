"""A program in a shell's pipe: its standard input and output are the runtime's too, and stay what they are."""
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SOURCE = str(Path(__file__).parents[1] / "src")
ENVIRONMENT = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"}


def test_raw_sound_comes_from_standard_input_and_goes_to_standard_output():
    program = """
from remotemedia import Pipeline
from remotemedia.nodes import PCMSinkNode, PCMSourceNode
Pipeline([PCMSourceNode(format="f32"), PCMSinkNode(format="f32")]).run()
"""
    samples = np.linspace(-0.5, 0.5, 100_000, dtype="<f4")
    done = subprocess.run([sys.executable, "-c", program], input=samples.tobytes(), capture_output=True, timeout=90, env=ENVIRONMENT)
    assert done.stderr == b""
    assert np.frombuffer(done.stdout, "<f4").tolist() == samples.tolist()


def test_a_pipe_that_is_read_slowly_blocks_the_program_and_does_not_fail_it():
    program = """
import numpy as np
from remotemedia import Pipeline
from remotemedia.nodes import PassThroughNode, PCMSinkNode
Pipeline([PassThroughNode(), PCMSinkNode()]).run((np.zeros((1, 8), np.float32), 16000))
print("x" * 500_000, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT) as running:
        assert running.stdout.read(16) == bytes(16)
        time.sleep(0.3)  # long enough for a print to find the pipe full
        said = running.stdout.read()
    assert (running.returncode, said.decode()) == (0, "x" * 500_000 + "\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_missed_by_nobody(tmp_path, closed):
    program = f"""
from remotemedia import Pipeline
from remotemedia.nodes import MultiplyNode
open({str(tmp_path / "found")!r}, "w").write(str(Pipeline([MultiplyNode(2)]).run([1, 2])))
"""
    subprocess.run(["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, program], timeout=90, env=ENVIRONMENT, check=True)
    assert (tmp_path / "found").read_text(encoding="utf-8") == "[2, 4]"
