"""The errors of the PyTorch front end."""


class TorchError(RuntimeError):
    """A model, an input or a state that qopt.torch cannot take; the message says which and why."""


class QoptWarning(UserWarning):
    """Something that is legal and probably not meant."""
