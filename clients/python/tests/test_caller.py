"""`run` gives values where it is called, and a coroutine where one is wanted."""

import asyncio
import runpy
import subprocess
import sys

import pytest

from remotemedia import Node, Pipeline


class Double(Node):
    async def process(self, number):
        return number * 2


@pytest.fixture(autouse=True)
def python_path(monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_RUNTIME", "python")


HEAD = """
import asyncio
import functools
from asyncio import run, run as go
from remotemedia import Node, Pipeline

class Double(Node):
    async def process(self, number):
        return number * 2

p = Pipeline([Double()])
loop = asyncio.new_event_loop()

async def main(work, *more):
    return await work if not more else [await one for one in (work, *more)]

async def send(value):
    return value

def wait(work):
    return loop.run_until_complete(work)

def save(value):
    asyncio.run(main(asyncio.sleep(0)))
    return value

class Wrapper:
    def __init__(self):
        self.loop = loop
        self.p = p

    def coroutine(self, x):
        return self.p.run(x)

    def value(self):
        return asyncio.run(self.coroutine(21))
"""

WANTS = {
    "asyncio.run": "got = asyncio.run(p.run(21))",
    "by name": "got = run(p.run(21))",
    "by another name": "got = go(p.run(21))",
    "over lines": "got = asyncio.run(\n    p.run(\n        21,\n    ),\n    debug=False,\n)",
    "a chain over lines": "got = asyncio.run(\n    p\n    .run(21)\n)",
    "keyword": "got = asyncio.run(main=p.run(input_data=21))",
    "loop": "got = loop.run_until_complete(p.run(21))",
    "attribute": "w = Wrapper()\ngot = w.loop.run_until_complete(w.p.run(21))",
    "task": "got = loop.run_until_complete(loop.create_task(p.run(21)))",
    "future": "got = loop.run_until_complete(asyncio.ensure_future(p.run(21), loop=loop))",
    "wait_for": "got = asyncio.run(asyncio.wait_for(p.run(21), 30))",
    "deep": "got = asyncio.run(main(p.run(21)))",
    "deeper": "got = asyncio.run(main(*[p.run(x) for x in (20, 21)]))[1]",
    "generator expression": "got = asyncio.run(main(*(p.run(x) for x in (20, 21))))[1]",
    "dict": "got = asyncio.run(main(**{'work': p.run(21)}))",
    "a name": "work = p.run(21)\ngot = asyncio.run(work)",
    "a name with a type": "work: object = p.run(21)\ngot = asyncio.run(work)",
    "a name over lines": "work = p.run(\n    21\n)\nprint('x')\ngot = asyncio.run(\n    work\n)",
    "the same name": "work = p.run(21)\nwork = asyncio.run(work)\ngot = work",
    "in a function": "def f():\n    work = p.run(21)\n    return asyncio.run(work)\ngot = f()",
    "walrus": "if (work := p.run(21)) is not None:\n    got = asyncio.run(work)",
    "two names": "a, b = p.run(20), p.run(21)\nasyncio.run(a)\ngot = asyncio.run(b)",
    "a list": "works = [p.run(x) for x in (20, 21)]\ngot = [loop.run_until_complete(w) for w in works][1]",
    "a list, one by one": "works = []\nfor x in (20, 21):\n    works.append(p.run(x))\nfor w in works:\n    got = loop.run_until_complete(w)",
    "a row": "for w in (p.run(20), p.run(21)):\n    got = asyncio.run(w)",
    "returned": "def f(x):\n    return p.run(x)\ngot = asyncio.run(f(21))",
    "returned twice": "def f(x):\n    return p.run(x)\ndef g(x):\n    return f(x)\nwork = g(21)\ngot = asyncio.run(work)",
    "lambda": "f = lambda x: p.run(x)\ngot = asyncio.run(f(21))",
    "method": "got = Wrapper().value()",
    "partial": "got = asyncio.run(functools.partial(p.run, 21)())",
    "method of its own name": "r = p.run\ngot = asyncio.run(r(21))",
    "own helper": "got = wait(p.run(21))",
    "own helper, a name": "work = p.run(21)\ngot = wait(work)",
    "own coroutine": "work = main(p.run(21))\ngot = asyncio.run(work)",
    "own coroutine, a name": "work = p.run(21)\ngot = asyncio.run(main(work))",
    "own helper, decorated": "@functools.lru_cache()\n@(lambda f: f)\ndef now(\n    work\n):\n    return asyncio.run(work)\nnow = now.__wrapped__\ngot = now(p.run(21))",
    "conditional": "got = asyncio.run(p.run(21) if p else p.run(1))",
    "main": "async def all():\n    return await p.run(21)\ngot = asyncio.run(all())",
    "gather": "async def all():\n    return await asyncio.gather(p.run(20), p.run(21))\ngot = asyncio.run(all())[1]",
    "wait": "async def all():\n    done, _ = await asyncio.wait([asyncio.ensure_future(p.run(21))])\n    return done.pop().result()\ngot = asyncio.run(all())",
    "kept in a coroutine": "async def all():\n    work = p.run(21)\n    return await work\ngot = asyncio.run(all())",
}
if sys.version_info >= (3, 11):
    WANTS["Runner"] = "runner = asyncio.Runner()\ngot = runner.run(p.run(21))\nrunner.close()"
    WANTS["Runner()"] = "got = asyncio.Runner().run(p.run(21))"
    WANTS["with Runner"] = "with asyncio.Runner() as runner:\n    got = runner.run(p.run(21))"
    WANTS["two on a line"] = "a = p.run(20); got = asyncio.run(p.run(21)); assert a == 40"

VALUES = {
    "alone": "p.run(21)\ngot = 42",
    "a name": "got = p.run(21)",
    "an argument": "print(p.run(21))\ngot = max(p.run(21), 0)",
    "over lines": "got = max(\n    0,\n    p.run(\n        21,\n    ),\n)",
    "of a pipeline": "q = Pipeline([Double()])\ngot = q.run(p.run(10)) + 2",
    "comprehension": "got = [p.run(x) for x in (20, 21)][1]",
    "formatted": "got = int(f'{p.run(21)}')",
    "compared": "got = 42 if p.run(21) == 42 else 0",
    "a name used before": "work = main(asyncio.sleep(0))\nasyncio.run(work)\nwork = p.run(21)\ngot = work",
    "a name used again": "work = p.run(21)\ngot = work\nwork = main(asyncio.sleep(0))\nasyncio.run(work)",
    "a name sent on": "value = p.run(21)\ngot = asyncio.run(send(value + 0))",
    "a name sent on as it is": "value = p.run(21)\ngot = asyncio.run(send(value))",
    "reckoned with, then sent": "value = abs(p.run(-21))\ngot = asyncio.run(send(value))",
    "returned": "def f(x):\n    return p.run(x)\ngot = f(21) + 0",
    "returned, reckoned with": "def f(x):\n    return abs(p.run(x))\ngot = f(21)",
    "lambda": "got = (lambda x: p.run(x))(21)",
    "map": "got = list(map(p.run, [20, 21]))[1]",
    "own function": "got = save(p.run(21))",
    "another function's name": "work = p.run(21)\ndef other():\n    work = main(1)\n    asyncio.run(work)\ngot = work",
    "a thread": "import concurrent.futures as c\nwith c.ThreadPoolExecutor() as pool:\n    got = pool.submit(p.run, 21).result()",
    "a thread of a loop": "async def all():\n    return await asyncio.get_running_loop().run_in_executor(None, p.run, 21)\ngot = asyncio.run(all())",
    "subprocess": "import subprocess\nsubprocess.run(['true', str(p.run(21))])\ngot = p.run(21)",
}


@pytest.mark.parametrize(
    "form",
    [*(pytest.param(WANTS[name], id=f"coroutine: {name}") for name in WANTS), *(pytest.param(VALUES[name], id=f"values: {name}") for name in VALUES)],
)
def test_forms(form, tmp_path, recwarn):
    script = tmp_path / "script.py"
    script.write_text(f"{HEAD}\n{form}\n")
    try:
        names = runpy.run_path(str(script))
        names["loop"].close()
        assert names["got"] == 42
    finally:
        asyncio.set_event_loop(None)
    assert not [one for one in recwarn if "never awaited" in str(one.message)]


def test_a_run_that_is_not_awaited_is_told_by_its_name():
    async def forgetful():
        Pipeline("p").run(1)

    with pytest.warns(RuntimeWarning, match=r"coroutine 'Pipeline\.run' was never awaited"):
        asyncio.run(forgetful())


@pytest.mark.parametrize(
    "form",
    ["got = asyncio.run(p.run(21))", "got = run(p.run(21))", "got = loop.run_until_complete(p.run(21))"],
)
def test_without_source_what_takes_coroutines_is_enough(form):
    loop = asyncio.new_event_loop()
    names = {"asyncio": asyncio, "run": asyncio.run, "loop": loop, "p": Pipeline([Double()])}
    exec(form, names)
    loop.close()
    assert names["got"] == 42


def test_without_source_values_are_given():
    names = {"p": Pipeline([Double()])}
    exec("got = p.run(21)", names)
    assert names["got"] == 42


def test_on_the_command_line():
    code = "from remotemedia import Pipeline\nfrom remotemedia.nodes import MultiplyNode as M\nimport asyncio\n"
    for call in ("print(Pipeline([M()]).run(21))", "print(asyncio.run(Pipeline([M()]).run(21)))"):
        done = subprocess.run(
            [sys.executable, "-c", code + call],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path), "REMOTEMEDIA_RUNTIME": "python"},
        )
        assert (done.stdout, done.stderr) == ("42\n", "")


def test_where_a_loop_runs_it_is_always_a_coroutine():
    async def inside():
        work = Pipeline([Double()]).run(21)
        assert asyncio.iscoroutine(work)
        work.close()

    asyncio.run(inside())


def test_an_assert_as_pytest_rewrites_it():
    pipeline = Pipeline([Double()])
    assert pipeline.run(21) == 42
    assert asyncio.run(pipeline.run(21)) == 42
