"""What a type checker says of a program that uses this package; nothing runs it."""
from __future__ import annotations

from typing import Any, AsyncIterator, Dict, List, Optional

from remotemedia import Node, Pipeline, is_rust_runtime_available
from remotemedia.nodes import AudioResampleNode, MultiplyNode


class Words(Node):
    def __init__(self, separator: str = " ", **kwargs: Any):
        super().__init__(**kwargs)
        self.separator = separator

    def process(self, data: str) -> List[str]:
        return data.split(self.separator)


class Total(Node):
    is_streaming = True

    async def process(self, data: AsyncIterator[int]) -> AsyncIterator[int]:
        yield sum([number async for number in data])


multiply: MultiplyNode = MultiplyNode(2.0, name="twice")
words: Words = Words(separator=",")
pipeline: Pipeline = Pipeline([multiply, words], name="typed", enable_metrics=True).add_node(AudioResampleNode(16000))
MultiplyNode("two")  # pyright: ignore[reportArgumentType]
Pipeline([1])  # pyright: ignore[reportArgumentType]
Pipeline().no_such_method()  # pyright: ignore[reportAttributeAccessIssue]

metrics: Optional[Dict[str, Any]] = pipeline.get_metrics()
is_there: bool = is_rust_runtime_available()


async def use() -> None:
    async with pipeline.managed_execution() as running:
        node: Optional[Node] = running.get_node("twice")
        print(node, await running.run([1, 2]))
    async for value in pipeline.process():
        print(value)
