"""What becomes of a process that a node forks: where it comes back from the node's code it ends, and says nothing to whoever called the node."""
from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn, Optional


def end(error: Optional[BaseException] = None) -> NoReturn:
    """Ends this process with what was raised, as Python does; but it leaves alone what its parent uses too, such as the loop."""
    code = 0 if error is None else 1
    try:
        if isinstance(error, SystemExit):
            code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        elif error is not None:
            traceback.print_exception(type(error), error, error.__traceback__)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code & 0xFF)
