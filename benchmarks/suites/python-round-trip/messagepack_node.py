"""The other end of messagepack.mjs."""
import sys

from halve import Halve

try:
    import msgpack
    import numpy
except ModuleNotFoundError as error:
    # {"error": "..."} in MessagePack, by hand
    text = f"python3 has no {error.name}".encode()
    message = b"\x81\xa5error\xd9" + bytes([len(text)]) + text
    sys.stdout.buffer.write(len(message).to_bytes(4, "little") + message)
    sys.exit()

given, out, node = sys.stdin.buffer, sys.stdout.buffer, Halve()


def say(value):
    message = msgpack.packb(value)
    out.write(len(message).to_bytes(4, "little"))
    out.write(message)
    out.flush()


say({"library": f"python3-msgpack {'.'.join(map(str, msgpack.version))}"})
while len(head := given.read(4)) == 4:
    message = msgpack.unpackb(given.read(int.from_bytes(head, "little")))
    array, rate = node.process((numpy.frombuffer(message["data"], "<f4"), message["rate"]))
    say({"data": array.data.cast("B"), "rate": rate})
