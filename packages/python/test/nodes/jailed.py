"""What a node in a jail cannot do."""
import os
import socket


class Tries:
    def __init__(self, what):
        self.what = what

    def process(self, data):
        try:
            return getattr(self, self.what)(data)
        except FileNotFoundError:
            return "FileNotFoundError"
        except OSError:
            return "OSError"
        except MemoryError:
            return "MemoryError"

    def echo(self, data):
        return data

    def passwd(self, data):
        return open("/etc/passwd").read()

    def write(self, data):
        return str(open(os.path.join(os.path.dirname(__file__), "written"), "w"))

    def network(self, data):
        return str(socket.create_connection(("127.0.0.1", 9), timeout=1))

    def environment(self, data):
        return os.environ.get("REMOTEMEDIA_HOME", "hidden")

    def memory(self, data):
        return len(bytearray(8 << 30))
