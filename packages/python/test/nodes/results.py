"""Results as users give them, good and bad; `what` chooses."""
import collections
import dataclasses
import enum
import http
import pathlib

import numpy as np

from remotemedia import Frame


@dataclasses.dataclass
class Word:
    text: str
    score: float


class Opaque:
    pass


def strided():
    return np.arange(12, dtype="float32").reshape(2, 6)[:, ::2]


RESULTS = {
    "text": lambda: "hé",
    "number": lambda: 3,
    "numpy number": lambda: np.float32(0.5),
    "bool": lambda: True,
    "none": lambda: None,
    "bytes": lambda: b"\x00\xff",
    "dict": lambda: {"rms": np.float64(0.5), "list": [1, None]},
    "dataclass": lambda: Word("a", 0.5),
    "list of dataclasses": lambda: [Word("a", 0.5)],
    "tuple": lambda: (1, "a", {2: b"x"}),
    "nan": lambda: float("nan"),
    "mono": lambda: (np.array([0.5, -0.5]), 8000),
    "stereo": lambda: (np.array([[0.5, 0.25], [-0.5, 0]], "float32"), 8000),
    "int16": lambda: (np.array([[1, 2], [3, 4]], "int16"), 8000),
    "int32": lambda: (np.array([[1, 2], [3, 4]], "int32"), 8000.0),
    "float16": lambda: (np.array([0.5], "float16"), 8000),
    "big-endian": lambda: (np.array([0.5, 0.25], ">f4"), 8000),
    "non-contiguous": lambda: (strided(), 8000),
    "reversed": lambda: (np.array([1.0, 0.5])[::-1], 8000),
    "empty": lambda: (np.zeros((1, 0), "float32"), 8000),
    "with metadata": lambda: (np.zeros(2), 8000, {"speaker": "a", "at": (1, 2)}),
    "empty metadata": lambda: (np.zeros(2), 8000, {}),
    "nested metadata": lambda: ((np.zeros(2), 8000), {"is_speech": True}),
    "tensor": lambda: np.arange(6, dtype="int16").reshape(2, 3),
    "complex tensor": lambda: np.array([1 + 2j]),
    "0-d": lambda: np.array(2.5),
    # bad ones
    "object": lambda: Opaque(),
    "nested object": lambda: {"a": [1, {"b": Opaque()}]},
    "object array": lambda: np.array([Opaque()]),
    "text array": lambda: np.array(["a"]),
    "nested object array": lambda: [np.array([Opaque()])],
    "channels last": lambda: (np.zeros((800, 2)), 8000),
    "three dimensions": lambda: (np.zeros((2, 2, 2)), 8000),
    "0-d audio": lambda: (np.array(1.0), 8000),
    "no channels": lambda: (np.zeros((0, 4)), 8000),
    "complex audio": lambda: (np.zeros(2, "complex64"), 8000),
    "int64 audio": lambda: (np.zeros(2, "int64"), 8000),
    "object audio": lambda: (np.array([None]), 8000),
    "rate 0": lambda: (np.zeros(2), 0),
    "half a rate": lambda: (np.zeros(2), 0.5),
    "bad metadata": lambda: (np.zeros(2), 8000, {"a": {"b": Opaque()}}),
    "2 GB": lambda: np.broadcast_to(np.zeros(1, "float32"), (1 << 29,)),
    "itself": lambda: itself(),
    "bool tensor": lambda: np.array([True, False]),
    "big-endian tensor": lambda: np.array([1, -2], ">i2"),
    "non-contiguous tensor": lambda: np.arange(6, dtype="uint8").reshape(2, 3).T,
    "empty tensor": lambda: np.zeros((0, 3), "float32"),
    "complex256 tensor": lambda: np.zeros(2, "clongdouble"),
    "structured array": lambda: np.zeros(2, [("a", "f4")]),
    "dates": lambda: np.zeros(2, "datetime64[s]"),
    "rate nan": lambda: (np.zeros(2), float("nan")),
    "numpy rate": lambda: (np.zeros(2), np.int64(8000)),
    "half a character": lambda: "a\ud800b",
    "huge int": lambda: {"n": 2**70},
    "path": lambda: {"file": pathlib.PurePosixPath("/a")},
    "enum in dataclass": lambda: Word("a", Color.RED),
    "frame of no kind": lambda: Frame("sound", b""),
    "frame of no format": lambda: Frame("audio", bytes(8), format="f64", sample_rate=8000, channels=1, frames=1),
    "frame that does not fit": lambda: Frame("audio", bytes(8), format="f32", sample_rate=8000, channels=1, frames=7),
    "tensor frame of half a number": lambda: Frame("tensor", b"ab", dtype="float32", shape=(1,)),
    "frame of objects": lambda: Frame("json", {"a": Opaque()}),
    "text frame of bytes": lambda: Frame("text", b"abc"),
    "binary frame of text": lambda: Frame("binary", "abc"),
    "long double": lambda: {"a": np.longdouble(0.5)},
    "metadata within themselves": lambda: (np.zeros(2), 8000, {"a": itself()}),
    "huge metadata": lambda: (np.zeros(2), 8000, {"a": 2**70}),
    "frame of no port": lambda: Frame("text", "a", port="aside"),
    "masked array": lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
    "masked audio": lambda: (np.ma.array([1.0, 2.0], mask=[False, True]), 8000),
    "dict of a kind": lambda: collections.OrderedDict(a=http.HTTPStatus.OK, b=[Text("b")]),
    "number of a kind": lambda: (http.HTTPStatus.OK, Half(0.5)),
    "named sound": lambda: Sound(np.zeros(2), 8000),
    "named tuple": lambda: [Point(1, b"y")],
}


Point = collections.namedtuple("Point", "x y")
Sound = collections.namedtuple("Sound", "samples rate")


class Half(float):
    def __repr__(self):
        return "half"


class Text(str):
    pass


class Color(enum.Enum):
    RED = 1


def itself():
    value = []
    value.append(value)
    return value


class Result:
    def __init__(self, what):
        self.what = what

    def process(self, data):
        return RESULTS[self.what]()
