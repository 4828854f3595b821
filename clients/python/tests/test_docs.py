"""Every example of the documentation runs as it stands, and prints what stands beside it."""
import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

import remotemedia

REPOSITORY = Path(__file__).parents[3]
PAGES = ["README.md", "docs/python.md", "docs/python-nodes.md", "docs/voice-agent.md", "clients/python/README.md"]


def examples_of(page):
    return re.findall(r"^```python\n(.*?)^```", (REPOSITORY / page).read_text(encoding="utf-8"), re.S | re.M)


def told_by(example):
    """What the comments say that it prints: behind a print, or in lines of their own at the end."""
    beside = re.findall(r"^\s*print\(.*\)\s{2,}# (.*)$", example, re.M)
    return beside or re.findall(r"^# (.*)$", example, re.M)


@pytest.mark.parametrize("page", PAGES)
def test_examples(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for number, example in enumerate(examples_of(page)):
        file = tmp_path / f"example_{number}.py"
        file.write_text(example, encoding="utf-8")  # so that tracebacks, and `run`, find it
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example, str(file), "exec"), names)
        assert printed.getvalue().splitlines() == told_by(example), example


@pytest.mark.parametrize("page", PAGES)
def test_there_are_examples(page):
    assert examples_of(page)


def test_a_prompt_completes_names_that_are_not_loaded_yet():
    code = "import remotemedia, rlcompleter; print(rlcompleter.Completer({'rm': remotemedia}).attr_matches('rm.Pipel'))"
    said = subprocess.run([sys.executable, "-c", code], cwd=Path(remotemedia.__file__).parents[1], capture_output=True, text=True, check=True).stdout
    assert "rm.Pipeline(" in said and "rm.PipelineError(" in said
