"""Runs a prepared graph in torch: one forward pass of the prepared module.

Two ways of computing what runs on codes. `exact` (eval mode, and training with frozen batch-norm)
evaluates N4 to N10 on integers, so that its codes are those of the converted program (N12). In
training with batch statistics there is no code contract: ops run in f32 on fake-quantized values.
"""
import torch
import torch.nn.functional as F

from . import fast
from .functions import INFINITY, fast_point, fold_batch_norm, point, recover
from .graph import POINTS
from .quantizer import extremes


class Val:
    """A value: f32 tensor x, and the Quantizer q on whose grid it lies (None: plain float). The grid is
    kept as it was: an observer that several values share may move it within one pass."""

    __slots__ = ("grid", "q", "x")

    def __init__(self, x, q=None, grid=None):
        self.x, self.q, self.grid = x, q, grid
        if q is not None and grid is None:
            self.grid = tuple(p.detach().clone() for p in q.grid())

    def moved(self, x):
        """The same codes elsewhere."""
        return Val(x, self.q, self.grid)

    def shares(self, other):
        """Whether both lie on one grid."""
        return self.q is other.q and (self.q is None or all(
            torch.equal(a, b) for a, b in zip(self.grid, other.grid)))

    @property
    def scale(self):
        return self.grid[0]

    @property
    def zero(self):
        return self.grid[1]

    def steps(self):
        """q - z, exact, as f32."""
        return recover(self.x, self.scale).float()


class Run:
    """One forward pass. `owner` is the PreparedModule; `seen` collects values for comparisons."""

    def __init__(self, owner, inputs, seen=None):
        self.owner, self.graph, self.env = owner, owner.graph, {}
        self.training = owner.training
        self.exact = not (owner.training and owner.updates_batch_norm)
        self.seen = seen
        for (name, id_), tensor in zip(self.graph.inputs, inputs):
            self.env[id_] = Val(tensor)
            self.note(id_)

    def outputs(self):
        for op in self.graph.ops:
            if not all(r in self.env or r in self.graph.constants for r in op.results):
                self.step(op)
        return [self.dropped(self.value(id_), self.graph.names.get(id_), {name}).x
                for name, id_ in self.graph.outputs]

    # ---- values ----

    def value(self, id_):
        """The Val of an id; what is computed from parameters alone is made when first read."""
        if id_ not in self.env:
            self.step(self.graph.maker[id_])
        return self.env[id_]

    def operand(self, op, index):
        """An activation operand, with the dropout that training applies on this edge."""
        id_ = op.operands[index]
        return self.dropped(self.value(id_), self.graph.names.get(id_), op.readers)

    def dropped(self, value, name, readers):
        if not (self.training and self.owner.dropouts):
            return value
        for reader in readers:
            for p, channels in self.owner.dropouts.get((name, reader), ()):
                drop = F.dropout2d if channels else F.dropout
                value = Val(drop(value.x, p, True))  # no codes behind a dropout
        return value

    def note(self, id_):
        if self.seen is not None and id_ not in self.graph.constants:
            self.seen.append((self.graph.names.get(id_), self.env[id_]))

    def settle(self, op, index, value):
        """Stores a result, and under the point behind it as well."""
        id_ = op.results[index]
        self.env[id_] = value
        behind = self.graph.point_of.get(id_)
        if behind is not None and value.q is not None:
            self.env[behind.results[0]] = value
        self.note(id_)

    # ---- steps ----

    def step(self, op):
        if op.kind == "nn.parameter":
            self.env[op.results[0]] = Val(self.owner.tensor(op.attrs["name"]))
        elif op.kind in POINTS:
            self.point(op)
        elif op.kind == "qopt.fold_batch_norm":
            for result, tensor in zip(op.results, self.fold(op)):
                self.env[result] = Val(tensor)
        else:
            self.owner.rows[op.kind](self, op)

    def point(self, op):
        """A point that stands alone: behind an input, a constant, a float op, or another point."""
        source = self.value(op.operands[0])
        quantizer = self.owner.quantizer(op.attrs["qparams"])
        self.env[op.results[0]] = self.quantize(source.x, quantizer)
        if op.operands[0] not in self.graph.constants and self.seen is not None and \
                self.env[op.results[0]].q is not None:
            self.seen.append((self.graph.names.get(op.operands[0]), self.env[op.results[0]]))

    def target(self, op, index=0):
        """The Quantizer behind a result, or None."""
        behind = self.graph.point_of.get(op.results[index])
        return None if behind is None else self.owner.quantizer(behind.attrs["qparams"])

    def graph_shares(self, quantizer):
        """Whether several values pass through a point's Quantizer."""
        return quantizer.symbol in self.graph.shared

    def observe(self, quantizer, y, act=None):
        """Shows a value, behind `act` if that clamps, to a point's observer."""
        if not quantizer.wants(self.training):
            return
        core = fast.kernels(y) if quantizer.axis is None else None
        if core is not None and fast.is_dense(y):
            low, high = (torch.tensor(v) for v in core.observe(y.data_ptr(), fast.whole(y), False,
                                                               fast.threads()))
        else:
            low, high = extremes(y, quantizer.axis)
        if act is not None:
            low, high = low.clamp(act.low, act.high), high.clamp(act.low, act.high)
        quantizer.observe(low, high)

    def fake(self, y, quantizer, ratio=None, act=None):
        """y behind a clamping act, fake-quantized, as a Val."""
        low, high = (act.low, act.high) if act else (-INFINITY, INFINITY)
        if not quantizer.quantizing:
            return Val(act(y) if act else y)
        quantizer.check_known()
        if ratio is None and quantizer.axis in (None, 0) and fast.kernels(y) is not None:
            return Val(fast_point(quantizer, y, low, high), quantizer)
        return Val(point(quantizer, y, ratio, low, high), quantizer)

    def quantize(self, y, quantizer, act=None):
        """The same, observed before."""
        self.observe(quantizer, y, act)
        return self.fake(y, quantizer, None, act)

    def finish(self, op, y, ratio=None, act=None, index=0):
        """A result: through its point where it has one. ratio(quantizer) gives what is rounded, and
        is asked once the observer has had its turn."""
        quantizer = self.target(op, index)
        if quantizer is None:
            self.settle(op, index, Val(act(y) if act else y))
            return
        self.observe(quantizer, y, act)
        exact = ratio(quantizer) if ratio is not None and quantizer.quantizing else None
        self.settle(op, index, self.fake(y, quantizer, exact, act))

    def on_codes(self, op, *values):
        """Whether an op computes on integers here."""
        return self.exact and op.on_codes and all(v.q is not None for v in values)

    # ---- batch-norm ----

    def fold(self, op):
        """N16 by the running statistics, with gradients."""
        parts = (op.operand(r) for r in ("weight", "bias", "gamma", "beta", "mean", "var"))
        return fold_batch_norm(*(None if o is None else self.value(o).x for o in parts),
                               op.attrs["eps"], op.attrs["axis"], op.attrs["groups"])

    def updating(self, op):
        """The fold_batch_norm behind an op's weight, where training updates it; or None."""
        if not self.training or self.owner.frozen:
            return None
        fold = self.owner.folds.get(op.results[0])
        return None if fold is None or fold.frozen else fold
