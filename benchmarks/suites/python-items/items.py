"""items.py SDK plain|coroutine local|runtime|queues: 1,000 numbers through five nodes that add one."""
import asyncio
import sys

sys.path.insert(0, f"{sys.path[0]}/../../python")
from serve_passes import serve_passes  # noqa: E402

sdk, form, path = sys.argv[1:]
sys.path.insert(0, sdk)
from remotemedia import Node, Pipeline  # noqa: E402
from remotemedia.nodes import PassThroughNode  # noqa: E402

ITEMS, NODES = 1_000, 5
WANTED = [number + NODES for number in range(ITEMS)]


class Plain(Node):
    def process(self, number):
        return number + 1


class Coroutine(Node):
    async def process(self, number):
        return number + 1


def nodes():
    return [(Plain if form == "plain" else Coroutine)() for _ in range(NODES)]


async def through_queues(given):
    """One task for each node, as the earlier SDK ran them."""
    queues = [asyncio.Queue() for _ in range(NODES + 1)]
    end = object()

    async def work(node, source, target):
        while True:
            item = await source.get()
            if item is end:
                return await target.put(end)
            result = node.process(item)
            await target.put(await result if asyncio.iscoroutine(result) else result)

    tasks = [asyncio.ensure_future(work(node, *queues[index : index + 2])) for index, node in enumerate(nodes())]
    for item in given:
        await queues[0].put(item)
    await queues[0].put(end)
    found = []
    while True:
        item = await queues[-1].get()
        if item is end:
            break
        found.append(item)
    await asyncio.gather(*tasks)
    return found


async def one_pass():
    given = list(range(ITEMS))
    if path == "queues":
        found = await through_queues(given)
    else:
        # A node of the runtime in front makes all of them be served to it.
        found = await Pipeline([*([PassThroughNode()] if path == "runtime" else []), *nodes()]).run(given)
    assert found == WANTED


serve_passes(one_pass)
