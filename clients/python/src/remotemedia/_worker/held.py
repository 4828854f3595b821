"""Values that no frame can carry, for nodes that live in one process: they stay where they are, and a frame says which it is."""
from __future__ import annotations

import itertools
from typing import Any, Dict, Optional

from .arrays import Loan
from .errors import WorkerError
from .frames import Frame
from .values import frame_of, value_of

HELD_TYPE = "application/vnd.remotemedia.held"


class Held:
    """The values of one run. Each is taken once; what nobody takes goes with the run."""

    def __init__(self) -> None:
        self._values: Dict[str, Any] = {}
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
        return self._values.pop(str(frame.data, "ascii"))
