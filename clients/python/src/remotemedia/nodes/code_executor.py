"""Code as a parameter."""
from __future__ import annotations

import builtins
import importlib
from typing import Any, Dict, List, Optional

from ..errors import ConfigurationError
from ..node import Node

__all__ = ["CodeExecutorNode"]

_BUILTINS = """abs all any ascii bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset getattr hasattr hash hex int
isinstance issubclass iter len list map max min next object oct ord pow print property range repr reversed round set setattr slice sorted str sum
super tuple type zip __build_class__ ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError OverflowError RuntimeError
StopIteration TypeError ValueError ZeroDivisionError""".split()
_PICKLES = {"pickle": "enable_pickle", "cloudpickle": "enable_cloudpickle"}


class CodeExecutorNode(Node):
    """
    Runs `code` for every item, in this process. **It is no sandbox:** code can do whatever the process may, and the short list of names and modules
    that it begins with keeps out mistakes, not attacks. Run code of your own, never code that came from somewhere else.

        Pipeline([CodeExecutorNode("result = input_data * 2")]).run(21)["result"]  # 42

    The code finds the item as `input_data` and leaves its `result`. An item `{"input": …}` says the input; with another dict, or None, it is the
    parameter `input_data`. Only a node without `code` takes it from the item, `{"code": …, "input": …}`: whoever sends items to such a node
    can run anything.

    `enable_safe_imports` offers `math`, `json` and `base64`, `allowed_modules` more by name; `pickle` and `cloudpickle` only where `enable_pickle`
    and `enable_cloudpickle` say so, else it raises `ConfigurationError`. What the code raises, the node raises. `ValueError` where there is no code.
    """

    #: A definition from elsewhere makes no such node.
    _runs_code = True

    def __init__(
        self,
        code: Optional[str] = None,
        input_data: Any = None,
        enable_safe_imports: bool = False,
        enable_pickle: bool = False,
        enable_cloudpickle: bool = False,
        allowed_modules: Optional[List[str]] = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.code, self.input_data = code, input_data
        self.enable_safe_imports, self.enable_pickle, self.enable_cloudpickle = enable_safe_imports, enable_pickle, enable_cloudpickle
        self.allowed_modules = list(allowed_modules or ())
        for module, switch in _PICKLES.items():
            if getattr(self, switch):
                continue
            if any(one.split(".")[0] == module for one in self.allowed_modules):
                raise ConfigurationError(f"{self.name}: {module} can run anything that it reads. Say {switch}=True if that is wanted.")

    def process(self, data: Any = None) -> Dict[str, Any]:
        """`executed_code`, `input`, `result`, `processed_by` and `node_config`."""
        is_item = data is not None and not isinstance(data, dict)
        given = {"input": data} if is_item else data or {}
        if self.code is not None and "code" in given:
            raise ValueError(f"{self.name} has its code, and an item cannot bring another")
        code, input_data = given.get("code", self.code), given.get("input", self.input_data)
        if not isinstance(code, str):
            raise ValueError(f"{self.name} has no code: give it code=, or items {{\"code\": …, \"input\": …}}")
        names: Dict[str, Any] = {"__builtins__": self._builtins(), "__name__": self.name, "input_data": input_data}
        names.update({module: importlib.import_module(module) for module in self._modules() if "." not in module})
        exec(compile(code, f"<{self.name}>", "exec"), names)
        result = names.get("result", "No result variable set")
        by = f"CodeExecutorNode[{self.name}]"
        return {"executed_code": code, "input": input_data, "result": result, "processed_by": by, "node_config": self.config}

    def get_security_info(self) -> Dict[str, Any]:
        """What it offers to the code, and that this is no protection."""
        return {
            "security_level": "none: the code runs in this process",
            "safe_imports_enabled": self.enable_safe_imports,
            "pickle_enabled": self.enable_pickle,
            "cloudpickle_enabled": self.enable_cloudpickle,
            "allowed_modules": self.allowed_modules,
            "warning": "It is no sandbox. Run code of your own.",
        }

    def _modules(self) -> List[str]:
        asked_for = [module for module, switch in _PICKLES.items() if getattr(self, switch)]
        return [*(("math", "json", "base64") if self.enable_safe_imports else ()), *asked_for, *self.allowed_modules]

    def _builtins(self) -> Dict[str, Any]:
        modules = self._modules()

        def allowed(name: str, *arguments: Any) -> Any:
            if name not in modules:
                raise ImportError(f"{name} is not allowed here; allowed are {', '.join(modules) or 'none'}. Name it in allowed_modules.")
            return __import__(name, *arguments)

        return {**{name: getattr(builtins, name) for name in _BUILTINS}, "__import__": allowed}
