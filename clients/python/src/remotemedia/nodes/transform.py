"""Nodes that change values by a function."""
from __future__ import annotations

from typing import Any, Callable

from ..node import Node

__all__ = ["DataTransform", "FormatConverter", "TextTransformNode"]


class TextTransformNode(Node):
    """
    `transform_func` of text, also of text that has metadata: `("text", {…})`. Anything else passes.

        Pipeline([TextTransformNode(str.upper)]).run("hello")  # "HELLO"
    """

    def __init__(self, transform_func: Callable[[str], Any], **kwargs: Any):
        super().__init__(**kwargs)
        if not callable(transform_func):
            raise TypeError(f"{self.name}: transform_func is {transform_func!r}, and must be a function of text")
        self.transform_func = transform_func

    def process(self, data: Any) -> Any:
        """What the function gives for text."""
        if isinstance(data, str):
            return self.transform_func(data)
        if isinstance(data, tuple) and data and isinstance(data[0], str):
            return (self.transform_func(data[0]), *data[1:])
        return data


class DataTransform(Node):
    """Gives what it gets: a place for a subclass with a `process` of its own."""

    def process(self, data: Any) -> Any:
        """The same."""
        return data


class FormatConverter(Node):
    """Gives what it gets, whatever the `target_format`: pipelines need no format between their nodes. For sound there is `FormatConverterNode`."""

    def __init__(self, target_format: str = "json", **kwargs: Any):
        super().__init__(**kwargs)
        self.target_format = target_format

    def process(self, data: Any) -> Any:
        """The same."""
        return data
