"""What a node of the exported graph stands for while it is imported."""


class Unsupported(Exception):
    """Why an op cannot be imported, in words that end a sentence."""


class Value:
    """An activation: a handle of the builder.

    name -- the value's name in the IR
    inside -- within the stubs of an eager-mode model (always true where there are none)
    dropouts -- (p, by channel) that training applies where this value is read
    """

    def __init__(self, handle, name, inside=True, dropouts=()):
        self.handle, self.name, self.inside, self.dropouts = handle, name, inside, tuple(dropouts)

    def but(self, **changes):
        return Value(**{"handle": self.handle, "name": self.name, "inside": self.inside,
                        "dropouts": self.dropouts, **changes})


class Constant:
    """A parameter, a buffer, or what was computed from constants alone."""

    def __init__(self, name, tensor, trainable, transposed=None):
        self.name, self.tensor, self.trainable, self.transposed = name, tensor, trainable, transposed
