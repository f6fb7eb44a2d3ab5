"""Pointwise functions: in f32 for training, and in f64 by code for tables (N10)."""
import math

import torch
import torch.nn.functional as F

INFINITY = float("inf")
ROOT_HALF, ROOT_2_PI = math.sqrt(0.5), math.sqrt(2 / math.pi)


def _logistic(x):
    return 1.0 / (1.0 + math.exp(-x)) if x > -700 else 0.0


# kind: (torch function of (x, a, b), f64 function of the same)
FUNCTIONS = {
    "relu": (lambda x, a, b: F.relu(x), lambda x, a, b: max(x, 0.0)),
    "relu6": (lambda x, a, b: F.relu6(x), lambda x, a, b: min(max(x, 0.0), 6.0)),
    "clip": (lambda x, a, b: x.clamp(a, b), lambda x, a, b: min(max(x, a), b)),
    "leaky_relu": (lambda x, a, b: F.leaky_relu(x, a), lambda x, a, b: x if x >= 0 else a * x),
    "sigmoid": (lambda x, a, b: torch.sigmoid(x), lambda x, a, b: _logistic(x)),
    "tanh": (lambda x, a, b: torch.tanh(x), lambda x, a, b: math.tanh(x)),
    "hard_sigmoid": (lambda x, a, b: (a * x + b).clamp(0, 1),
                     lambda x, a, b: min(max(a * x + b, 0.0), 1.0)),
    "hard_swish": (lambda x, a, b: F.hardswish(x),
                   lambda x, a, b: x * min(max(x / 6.0 + 0.5, 0.0), 1.0)),
    "gelu": (lambda x, a, b: F.gelu(x),
             lambda x, a, b: 0.5 * x * (1.0 + math.erf(x * ROOT_HALF))),
    "gelu_tanh": (lambda x, a, b: F.gelu(x, approximate="tanh"),
                  lambda x, a, b: 0.5 * x * (1 + math.tanh(ROOT_2_PI * (x + 0.044715 * x * x * x)))),
    "silu": (lambda x, a, b: F.silu(x),
             lambda x, a, b: x / (1.0 + math.exp(-x)) if x > -700 else 0.0),
}


class Act:
    """An activation with its parameters; `low`, `high` bound a clamp."""

    def __init__(self, kind, a=0.0, b=0.0):
        self.kind, self.a, self.b = kind, a, b
        self.smooth, self.exact = FUNCTIONS[kind]
        bounds = {"relu": (0.0, INFINITY), "relu6": (0.0, 6.0), "clip": (a, b)}
        self.is_clamp = kind in bounds
        self.low, self.high = bounds.get(kind, (-INFINITY, INFINITY))

    def __call__(self, x):
        return self.smooth(x, self.a, self.b)

    def at(self, x):
        return self.exact(x, self.a, self.b)


def of_attribute(attribute):
    """The Act of a graph's `act`, or None."""
    return Act(attribute["kind"], attribute["a"], attribute["b"]) if attribute else None


def f32(x):
    """x rounded once to f32."""
    return torch.tensor(x, dtype=torch.float64).float()


def table(function, source, target):
    """Dequantized result by code of `source` (N10): N3, f in f64, rounded to f32, N2, N3.

    function -- of a float; source -- a Val on codes; target -- a Quantizer. The entry of code q is at
    q - qmin.
    """
    scale, zero = (p.cpu() for p in source.grid)
    codes = torch.arange(source.q.qmin, source.q.qmax + 1)
    reals = ((codes - zero).float() * scale).tolist()
    values = f32([function(x) for x in reals])
    out_scale, out_zero = (p.detach().cpu() for p in target.grid())
    steps = torch.round(values / out_scale)
    steps = torch.clamp(steps, float(target.qmin - out_zero), float(target.qmax - out_zero))
    return steps * out_scale
