"""A model that hears."""
from __future__ import annotations

import asyncio
import time
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple

from ...errors import ConfigurationError
from ...node import Node
from .._optional import load
from .._params import check
from .._resampling import mono_at

__all__ = ["UltravoxNode"]

_RATE = 16_000


class UltravoxNode(Node):
    """
    Answers what it hears, by an Ultravox model of transformers (`pip install torch transformers peft`): text for each item of sound, which is a whole
    utterance. Metadata `(array, rate, {"session_id": …})` say whose history counts; of a session it remembers what was said in the last
    `conversation_history_minutes`. `{"text": …}` as metadata is told to the model beside the sound.

    The model is loaded when the run begins; `ConfigurationError` is raised where a package is missing, and for `tools`, which `ChatNode` has. The
    model's repository brings code that runs here: name a `model_id` that you trust.
    """

    is_streaming = True

    def __init__(
        self,
        model_id: str = "fixie-ai/ultravox-v0_5-llama-3_2-1b",
        device: Optional[str] = None,
        torch_dtype: str = "bfloat16",
        max_new_tokens: int = 16382,
        system_prompt: str = "You are a friendly and helpful AI assistant.",
        enable_conversation_history: bool = True,
        conversation_history_minutes: float = 10.0,
        tools: Optional[List[Dict[str, Any]]] = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if tools:
            raise ConfigurationError(f"{self.name} calls no tools. The runtime's ChatNode does.")
        self.model_id, self.device, self.torch_dtype, self.max_new_tokens = model_id, device, torch_dtype, max_new_tokens
        self.system_prompt, self.enable_conversation_history = system_prompt, enable_conversation_history
        self.conversation_history_minutes = conversation_history_minutes
        self._model: Any = None

    async def initialize(self) -> None:
        """Loads the model."""
        super().initialize()
        if self._model is None:
            instead = "The runtime has a conversation of its own nodes: MoonshineASRNode, ChatNode, FliteTTSNode."
            torch, transformers = (load(name, self.name, instead, "torch transformers peft") for name in ("torch", "transformers"))
            await asyncio.get_running_loop().run_in_executor(None, self._load, torch, transformers)

    def _load(self, torch: Any, transformers: Any) -> None:
        has_gpu = torch.cuda.is_available()
        dtype = getattr(torch, self.torch_dtype, None)
        check(self, "torch_dtype", dtype is not None, "one of torch, such as bfloat16")
        self._model = transformers.pipeline(
            model=self.model_id,
            torch_dtype=dtype if has_gpu else torch.float32,
            device=self.device or ("cuda:0" if has_gpu else "cpu"),
            trust_remote_code=True,
        )

    async def process(self, data: AsyncIterator[Any]) -> AsyncIterator[str]:
        """One answer for each utterance."""
        async for item in data:
            answer = await self._answer(item)
            if answer:
                yield answer

    async def _answer(self, item: Any) -> str:
        metadata = item[-1] if isinstance(item, (tuple, list)) and isinstance(item[-1], dict) else {}
        samples, _rate = mono_at(_RATE, item, type(self).__name__)
        said = str(metadata.get("text") or "")
        history = self._history(metadata.get("session_id"))
        turns = [{"role": "system", "content": self.system_prompt}, *(turn for _, turn in history)]
        if said:
            turns.append({"role": "user", "content": said})
        given = {"turns": turns, "audio": samples, "sampling_rate": _RATE}
        call = asyncio.get_running_loop().run_in_executor(None, lambda: self._model(given, max_new_tokens=self.max_new_tokens))
        found = await call
        answer = str(found[0]["generated_text"] if isinstance(found, list) else found).strip()
        now = time.monotonic()
        history += [(now, {"role": "user", "content": said or "<|audio|>"}), (now, {"role": "assistant", "content": answer})]
        return answer

    def _history(self, session_id: Optional[str]) -> List[Tuple[float, Dict[str, str]]]:
        """What a session has said lately; its own list, to be added to."""
        state = self.get_session_state(session_id) if self.enable_conversation_history else None
        if state is None:
            return []
        since = time.monotonic() - 60 * self.conversation_history_minutes
        state.set("conversation_history", [turn for turn in state.get("conversation_history", []) if turn[0] >= since])
        found: List[Tuple[float, Dict[str, str]]] = state.get("conversation_history")
        return found
