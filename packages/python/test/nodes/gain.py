"""Nodes as a user writes them."""


class Gain:
    def __init__(self, factor=0.5):
        self.factor = factor

    def process(self, data):
        audio, rate = data
        return audio * self.factor, rate
