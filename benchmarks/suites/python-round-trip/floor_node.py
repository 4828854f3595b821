"""The other end of floor.mjs."""
import mmap
import os
import socket
import sys

import numpy

path, size = sys.argv[1], int(sys.argv[2])
handle = os.open(path, os.O_RDWR)
memory = mmap.mmap(handle, 2 * size)
given = numpy.frombuffer(memory, "<f4", size // 4)
made = numpy.frombuffer(memory, "<f4", size // 4, size)
host = socket.socket(fileno=3)
host.setblocking(True)
host.send(bytes(16))
while host.recv(16):
    numpy.multiply(given, 0.5, made)
    host.send(bytes(16))
