"""A source that a server of another machine would feed."""
from __future__ import annotations

from typing import Any, AsyncIterator

from ..errors import RemoteExecutionError
from ..node import Node
from ._params import check

__all__ = ["GRPCStreamSource"]


class GRPCStreamSource(Node):
    """
    What a gRPC session receives. It can be built, and written into a manifest; running it raises `RemoteExecutionError`, for nothing feeds it from
    Python. `DataSourceNode` takes what a program pushes. Raises `ConfigurationError` for a session id that is no text.
    """

    is_source = True

    def __init__(self, session_id: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.session_id = session_id
        check(self, "session_id", isinstance(session_id, str) and session_id != "", "text")

    async def process(self, data: Any = None) -> AsyncIterator[Any]:
        """Raises `RemoteExecutionError`."""
        raise RemoteExecutionError(
            f"{self.name}: nothing feeds session {self.session_id} from gRPC here. "
            "Push into a DataSourceNode, or open the pipeline as a session: pipeline.open()."
        )
        yield
