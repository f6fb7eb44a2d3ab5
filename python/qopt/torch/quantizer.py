"""One quantization point in training: an observer and its fake_quant, as a torch module.

The state of a `qopt.qparams` symbol while PyTorch owns it: range, scale, zero point and two flags.
Rules: N11 (fake_quant, LSQ), N15 (parameters of a range) of docs/Numerics.md.
"""
import math

import torch
from torch import nn

from .errors import TorchError

LEAST_SCALE = 2.0 ** -23  # N15
RUNNING = "moving_average_min_max"
EXTREMES = ("min_max", "per_channel_min_max")


class Quantizer(nn.Module):
    """Buffers: low, high (the observed range), scale, zero_point, one each or one per channel.

    Learned parameters (LSQ) are nn.Parameters of the same names. `observing` and `quantizing` are
    what disable_observer and friends switch; they are saved with the state dict.
    """

    def __init__(self, symbol, entry, channels=1):
        super().__init__()
        self.symbol, self.entry = symbol, entry
        self.bits, self.signed = entry["bits"], entry["signed"]
        self.qmin, self.qmax = entry["qmin"], entry["qmax"]
        self.symmetric = entry["scheme"] == "symmetric"
        self.axis = entry.get("axis") if entry["granularity"] == "per_channel" else None
        self.options = dict(entry.get("options") or {})
        self.kind = entry["observer"]
        self.fixed = bool(entry.get("fixed")) or self.kind == "fixed"
        self.derived = bool(entry.get("derived_from"))  # N8: parameters follow from the input's
        learned = entry.get("learned")
        self.learns_scale = bool(learned)
        self.learns_zero_point = bool(learned) and learned["zero_point"]
        self.gradients = learned["grad_scale"] if learned else None
        self.observing = bool(entry.get("observer_enabled", True)) and not self.fixed
        self.quantizing = bool(entry.get("fake_quant_enabled", True))
        self.is_weight = False
        self.seen = 0
        self.warned = False
        self.register_buffer("low", torch.zeros(channels))
        self.register_buffer("high", torch.zeros(channels))
        scales = torch.tensor(entry.get("scales") or [1.0] * channels, dtype=torch.float32)
        zeros = torch.tensor(entry.get("zero_points") or [self.middle] * channels)
        self.known = entry.get("scales") is not None
        self._own("scale", scales, self.learns_scale)
        self._own("zero_point", zeros.float() if self.learns_zero_point else zeros.int(),
                  self.learns_zero_point)

    def _own(self, name, value, learned):
        if learned:
            self.register_parameter(name, nn.Parameter(value))
        else:
            self.register_buffer(name, value)

    @property
    def middle(self):
        """The zero point of a symmetric scheme."""
        return 0 if self.signed else (self.qmin + self.qmax + 1) // 2

    # ---- state ----

    def get_extra_state(self):
        return {"observing": self.observing, "quantizing": self.quantizing, "seen": self.seen,
                "known": self.known, "derived": self.derived}

    def set_extra_state(self, state):
        for name, value in state.items():
            setattr(self, name, value)

    def describe(self):
        """The flags and parameters of state(prepared)."""
        return {"observer": self.kind, "observing": self.observing, "quantizing": self.quantizing,
                "learned": [n for n, on in (("scale", self.learns_scale),
                                            ("zero_point", self.learns_zero_point)) if on],
                "fixed": self.fixed, "batches": self.seen,
                "scale": self.grid()[0].detach().tolist() if self.known else None,
                "zero_point": self.grid()[1].tolist() if self.known else None}

    # ---- parameters ----

    def grid(self):
        """(scale f32, zero point i32) as they are used: the scale floored, a learned zero point
        rounded and saturated."""
        scale = self.scale
        if self.learns_scale:
            scale = scale.clamp(min=max(LEAST_SCALE, self.options.get("eps", 0.0)))
        zero = self.zero_point
        if self.learns_zero_point:
            zero = zero.detach().round().clamp(self.qmin, self.qmax)
        return scale, zero.int()

    def set_grid(self, scales, zero_points):
        with torch.no_grad():
            self.scale.copy_(torch.as_tensor(scales, dtype=torch.float32))
            self.zero_point.copy_(torch.as_tensor(zero_points, dtype=self.zero_point.dtype))
        self.known = True

    def check_known(self):
        if not self.known:
            raise TorchError(
                f"'{self.symbol}' has seen no data, so its scale is unknown; run batches through the "
                "prepared module in train() mode, or call qopt.torch.calibrate(prepared, data)")

    def grad_scale(self, elements_per_scale):
        """N11: 1 / sqrt(N * Qp) (lsq), torch's form, or 1 (none)."""
        if self.gradients == "none":
            return 1.0
        if self.gradients == "torch":
            return 1.0 / math.sqrt(elements_per_scale * self.qmax)
        zero = float(self.zero_point.detach().flatten()[0].round())
        return 1.0 / math.sqrt(elements_per_scale * max(self.qmax - zero, zero - self.qmin, 1))

    # ---- observing ----

    def wants(self, training):
        """Whether a forward pass has to show its value to observe(). A learned scale is only
        started by the observer."""
        if self.fixed or self.derived or not self.observing or not training:
            return False
        return not (self.learns_scale and self.known)

    def observe(self, low, high, mean_abs=None):
        """Takes the extremes of a batch (tensors of one number per scale) into the range and
        recomputes scale and zero point. In a process group the extremes are those of all ranks."""
        if self.kind not in (RUNNING, *EXTREMES) and not self.known:
            raise TorchError(
                f"'{self.symbol}' uses the observer '{self.kind}', which runs in "
                "qopt.torch.calibrate(prepared, data) only: call that before training, or choose "
                f"'{RUNNING}' in the configuration")
        if self.kind not in (RUNNING, *EXTREMES):
            return
        low, high = across_ranks(low.detach().float(), high.detach().float())
        if not (torch.isfinite(low).all() and torch.isfinite(high).all()):
            raise TorchError(f"'{self.symbol}' sees NaN or infinity; the training has diverged or the "
                             "data is broken (the range was not updated)")
        with torch.no_grad():
            if self.seen == 0 or self.is_weight:
                self.low.copy_(low)
                self.high.copy_(high)
            elif self.kind == RUNNING:
                share = self.options.get("averaging_constant", 0.01)
                self.low += share * (low - self.low)
                self.high += share * (high - self.high)
            else:
                torch.minimum(self.low, low, out=self.low)
                torch.maximum(self.high, high, out=self.high)
            self.seen += 1
            self.resolve()

    def resolve(self):
        """N15, in f32."""
        low, high = self.low.clamp(max=0), self.high.clamp(min=0)
        if self.symmetric:
            zero = torch.full_like(low, self.middle)
            scale = torch.maximum(-low, high) / (self.qmax - self.middle)
        else:
            scale = (high - low) / (self.qmax - self.qmin)
        scale = scale.clamp(min=max(LEAST_SCALE, self.options.get("eps", 0.0)))
        scale = torch.where((low == 0) & (high == 0), torch.ones_like(scale), scale)
        if not self.symmetric:
            zero = (self.qmin - torch.round(low / scale)).clamp(self.qmin, self.qmax)
        self.set_grid(scale, zero)

    def extra_repr(self):
        sign = "s" if self.signed else "u"
        return f"{self.symbol}: {sign}{self.bits} [{self.qmin}, {self.qmax}], {self.kind}"


def across_ranks(low, high):
    """The extremes over all processes of the default group, so that all ranks use one scale."""
    dist = torch.distributed
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return low, high
    both = torch.stack([-low, high])
    dist.all_reduce(both, dist.ReduceOp.MAX)
    return -both[0], both[1]


def extremes(x, axis=None):
    """(least, greatest) of a tensor, or per channel of an axis."""
    if axis is None:
        low, high = torch.aminmax(x.detach())
        return low.reshape(1), high.reshape(1)
    dims = [d for d in range(x.ndim) if d != axis]
    return x.detach().amin(dims), x.detach().amax(dims)
