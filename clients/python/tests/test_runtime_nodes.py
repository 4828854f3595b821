"""The classes for the nodes of the runtime."""
import inspect
import json
import subprocess

import pytest

from remotemedia import nodes, runtime
from remotemedia.nodes import ChatNode, FileSourceNode, OpenAITTSNode, SileroVADNode, TurnPolicyNode


def made(kind):
    """An instance with what must be given."""
    wanted = [name for name, one in inspect.signature(kind).parameters.items() if one.default is one.empty]
    return kind(**{name: {"format": "s16", "sample_rate": 8000}.get(name, "x") for name in wanted})


def test_parameters_have_the_names_and_defaults_of_the_runtime():
    entry = SileroVADNode(hangover_ms=300).to_manifest()
    assert entry["node_type"] == "silero-vad" and entry["params"]["hangover_ms"] == 300 and entry["params"]["threshold"] == 0.5
    assert "base_url" not in ChatNode().to_manifest()["params"]
    assert OpenAITTSNode(voice="anna", name="tts").to_manifest()["id"] == "tts"
    assert FileSourceNode("a.wav").is_source and not FileSourceNode("a.wav").is_sink
    with pytest.raises(TypeError, match="silence"):
        TurnPolicyNode(silence=3)


def test_the_runtime_knows_every_class(tmp_path):
    entries = [{**made(getattr(nodes.runtime, name)).to_manifest(), "id": name} for name in nodes.runtime.__all__]
    assert len(entries) > 20
    file = tmp_path / "all.json"
    file.write_text(json.dumps({"version": "v1", "metadata": {"name": "all"}, "nodes": entries, "connections": []}))
    said = subprocess.run([*runtime.command(), "validate", str(file)], capture_output=True, text=True, timeout=120)
    faults = [line for line in said.stdout.splitlines() if not line.startswith("warning")]
    assert said.returncode == 0, faults


def test_no_class_takes_the_name_of_another():
    for name in nodes.runtime.__all__:
        assert getattr(nodes, name) is getattr(nodes.runtime, name)
    assert len(set(nodes.__all__)) == len(nodes.__all__)
