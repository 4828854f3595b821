"""
A voice agent that thinks in Python: everything but the language model is the runtime's.

    python examples/python/voice_agent.py call.wav answer.wav      # a recording goes in, the answer comes out
    npx remotemedia serve examples/python/voice-agent.json         # talk to it in a browser
"""
import re
import sys

from remotemedia import Node, Pipeline
from remotemedia.nodes import FileSinkNode, FileSourceNode, FliteTTSNode, MoonshineASRNode, SentencesNode, SileroVADNode, TurnPolicyNode


class MyLLM(Node):
    """Counts words. Put your model in its place: ask it for a stream, and yield the pieces as they come."""

    answers = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.history = []

    async def process(self, text):
        self.history.append({"role": "user", "content": text})
        self.history.append({"role": "assistant", "content": ""})
        count = len(re.findall(r"[\w']+", text))
        for piece in re.findall(r"\S+\s*", f"I heard {count} {'words' if count != 1 else 'word'}. The last was: {text.split()[-1]}"):
            self.history[-1]["content"] += piece
            yield piece

    def interrupt(self, turn, heard):
        """The user talked over the answer: what was not heard was not said."""
        if self.history and heard:
            self.history[-1]["content"] = heard["text"] + " …"


def agent(source, target):
    """The pipeline of a call in a file."""
    ears = [FileSourceNode(source), SileroVADNode(hangover_ms=250, name="vad"), MoonshineASRNode(), TurnPolicyNode(name="turns")]
    return Pipeline([*ears, MyLLM(), SentencesNode(), FliteTTSNode(), FileSinkNode(target)]).connect("vad.events", "turns.events")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pipeline = agent(*sys.argv[1:])
    pipeline.run()
    for said in pipeline.get_node("MyLLM").history:
        print(f"{said['role']}: {said['content']}")
