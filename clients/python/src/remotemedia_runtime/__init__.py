"""
The runtime by the name under which earlier scripts import it. As then, importing it raises `ImportError` where the runtime is not there.

    import remotemedia_runtime
    results = await remotemedia_runtime.execute_pipeline_with_input(pipeline.serialize(), [1, 2, 3])
"""
from __future__ import annotations

from remotemedia import __version__
from remotemedia.errors import ConfigurationError
from remotemedia.runtime import command, execute_pipeline, execute_pipeline_with_input, get_runtime_version, is_available

__all__ = ["__version__", "execute_pipeline", "execute_pipeline_with_input", "get_runtime_version", "is_available"]

try:
    command()
except ConfigurationError as error:
    raise ImportError(str(error)) from error
