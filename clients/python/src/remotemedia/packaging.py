"""Code for another machine."""
from __future__ import annotations

from typing import Any

from .errors import no_transport


class CodePackager:
    """Packed an object with the files that it needs. Nothing takes such packages yet: it raises a `RemoteExecutionError` that says so."""

    def package_object(self, obj: Any, **_options: Any) -> bytes:
        """A zip file."""
        raise no_transport("another machine")
