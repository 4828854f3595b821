"""Nodes for pictures: an array of height × width, with channels behind or not, or `(array, pts)`."""
from __future__ import annotations

from typing import Any, List, Sequence

from ..errors import ConfigurationError
from ..node import Node

__all__ = ["VideoBuffer", "VideoResizer", "VideoTransform"]


class VideoTransform(Node):
    """
    Pictures of another `resolution`, width and height in pixels. Each pixel is the mean of those that it covers, weighted by a triangle; the shape of
    what is on the picture follows. What is no picture passes. Raises `ConfigurationError` for a resolution that is none.

        Pipeline([VideoTransform((640, 360))]).run(picture).shape  # (360, 640, 3)
    """

    def __init__(self, resolution: Sequence[int] = (1920, 1080), **kwargs: Any):
        super().__init__(**kwargs)
        self.resolution = _checked(self, "resolution", resolution)

    def process(self, data: Any) -> Any:
        """The picture, of the type that it had."""
        return resized(data, *self.resolution)


class VideoResizer(Node):
    """The same by another name."""

    def __init__(self, target_resolution: Sequence[int] = (1920, 1080), **kwargs: Any):
        super().__init__(**kwargs)
        self.target_resolution = _checked(self, "target_resolution", target_resolution)

    def process(self, data: Any) -> Any:
        """The picture, of the type that it had."""
        return resized(data, *self.target_resolution)


class VideoBuffer(Node):
    """Gives what it gets: the queues between nodes buffer. `BufferNode` makes lists."""

    def process(self, data: Any) -> Any:
        """The same."""
        return data


def _checked(node: Node, name: str, resolution: Sequence[int]) -> Any:
    numbers = tuple(resolution) if isinstance(resolution, (list, tuple)) else ()
    if len(numbers) != 2 or not all(type(one) is int and 1 <= one <= 16_384 for one in numbers):
        raise ConfigurationError(f'{node.name}: "{name}" is {resolution!r}, and must be (width, height) in pixels, each from 1 to 16384')
    return numbers


def resized(data: Any, width: int, height: int) -> Any:
    """`data` with its picture resized; the same where there is none, or it has that size."""
    import numpy as np

    parts: List[Any] = list(data) if isinstance(data, tuple) and data else [data]
    picture, *rest = parts
    # An array of floats with two dimensions is sound.
    is_picture = isinstance(picture, np.ndarray) and picture.size > 0 and (picture.ndim, picture.dtype.kind) in ((2, "u"), (3, "u"), (3, "f"))
    if not is_picture or picture.shape[:2] == (height, width):
        return data
    columns = np.tensordot(picture.astype("float32"), _weights(picture.shape[1], width), (1, 1))
    found = np.tensordot(columns, _weights(picture.shape[0], height), (0, 1))
    found = np.moveaxis(found, (-1, -2), (0, 1))
    if picture.dtype.kind == "u":
        found = np.clip(np.rint(found), 0, np.iinfo(picture.dtype).max)
    found = np.ascontiguousarray(found.astype(picture.dtype))
    return (found, *rest) if isinstance(data, tuple) else found


def _weights(had: int, wanted: int) -> Any:
    """How much each of `had` pixels counts for each of `wanted`."""
    import numpy as np

    scale = had / wanted
    centers = (np.arange(wanted) + 0.5) * scale - 0.5
    distances = np.abs(np.arange(had)[None, :] - centers[:, None]) / max(1.0, scale)
    weights = np.maximum(0, 1 - distances)
    return (weights / weights.sum(1, keepdims=True)).astype("float32")
