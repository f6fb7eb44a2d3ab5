"""Functions of one value: by table where they run on codes (N10)."""
import torch

from . import acts
from .functions import recover


def places(x):
    """Index of each element's code in a table that starts at qmin."""
    return recover(x.x, x.scale).long() + (x.zero - x.q.qmin).long()


def steps_of(functions, x, quantizer):
    """[functions, codes]: (code - z) of each function's result by code of x."""
    reals = torch.stack([acts.table(f, x, quantizer) for f in functions])
    scale = quantizer.grid()[0].detach()
    return reals.to(scale.device) / scale


def tabulate(run, op, x, smooth, exact, index=0):
    """The result of op is smooth(x) in f32, exact(float) in f64 by code."""
    def ratio(quantizer):
        return steps_of([exact], x, quantizer)[0][places(x)]
    run.finish(op, smooth(x.x), ratio if run.on_codes(op, x) else None, index=index)


def per_channel(run, op, x, smooth, functions):
    """A function per channel (axis 1): one table each."""
    def ratio(quantizer):
        place = places(x)
        channel = torch.arange(x.x.shape[1], device=place.device)
        channel = channel.view([1, -1] + [1] * (place.ndim - 2)).expand_as(place)
        return steps_of(functions, x, quantizer)[channel, place]
    run.finish(op, smooth(x.x), ratio if run.on_codes(op, x) else None)
