"""Values that no frame can carry, for nodes that live in one process: they stay where they are, and a frame says which it is."""
from __future__ import annotations

import itertools
from typing import Any, Callable, Dict, Mapping, Optional

from .arrays import Loan
from .errors import WorkerError
from .frames import Frame
from .values import frame_of, value_of

HELD_TYPE = "application/vnd.remotemedia.held"


class Held:
    """
    The values of one run of a manifest. In a row each is taken once, and goes; where several may take it, or one again, it goes with the run, as does
    what nobody takes.
    """

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        starts = [str(one["from"]).partition(".")[0] for one in manifest.get("connections", ())]
        has_second = len(set(starts)) < len(starts) or any("on_error" in node for node in manifest["nodes"])
        self._values: Dict[str, Any] = {}
        self._take: Callable[[str], Any] = self._values.__getitem__ if has_second else self._values.pop
        self._numbers = itertools.count(1)

    def frame_of(self, value: Any) -> Optional[Frame]:
        """As `values.frame_of`; for what cannot be sent, a frame that `value_of` knows."""
        try:
            return frame_of(value)
        except WorkerError as error:
            if error.code != "not-serializable":
                raise
        key = str(next(self._numbers))
        self._values[key] = value
        return Frame("binary", key.encode(), mime_type=HELD_TYPE)

    def value_of(self, frame: Frame, loan: Optional[Loan] = None) -> Any:
        """As `values.value_of`."""
        if frame.kind != "binary" or frame.mime_type != HELD_TYPE:
            return value_of(frame, loan)
        return self._take(str(frame.data, "ascii"))
