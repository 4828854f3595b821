"""The contestant's side of the protocol in Python: says that it is ready, then for every line "N" runs N passes and answers with their times in ns."""
import asyncio
import json
import sys
import time


def say(value):
    print(json.dumps(value), flush=True)


def skip(reason):
    """Ends a contestant that cannot run here, with the reason that the report will show."""
    say({"skipped": reason})
    sys.exit(77)


def serve_passes(one_pass, info=None):
    """`one_pass` is a coroutine function; all passes run on one loop."""

    async def serve():
        loop = asyncio.get_running_loop()
        say({"ready": True, **(info or {})})
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            if not line:
                return
            ns = []
            for _ in range(int(line)):
                began = time.perf_counter_ns()
                await one_pass()
                ns.append(time.perf_counter_ns() - began)
            say({"ns": ns})

    asyncio.run(serve())
