"""What every contestant does to a frame of float32."""


class Halve:
    """As a user writes it."""

    def process(self, data):
        array, rate = data
        return array * 0.5, rate
