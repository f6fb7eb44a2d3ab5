"""The table of the engine: how each op of the dialect runs in a prepared graph.

A row takes (run, op), reads operands through run.operand and ends in run.finish or run.settle. On
codes it gives what the rule rounds; everywhere it gives the float value that carries the gradient.
"""
import math

import torch
import torch.nn.functional as F

from . import acts
from .acts import Act
from .functions import recover
from .pointwise import per_channel, tabulate
from .roots import add, finish_act, run_root


# ---- pointwise (N10) ----

def unary(kind, a=0.0, b=0.0):
    """A row for an activation; a and b name attributes or are numbers."""
    def row(run, op):
        given = [op.attrs[p] if isinstance(p, str) else p for p in (a, b)]
        act = Act(kind, *given)
        tabulate(run, op, run.operand(op, 0), act, act.at)
    return row


def gelu(run, op):
    act = Act("gelu_tanh" if op.attrs.get("approximate_tanh") else "gelu")
    tabulate(run, op, run.operand(op, 0), act, act.at)


def prelu(run, op):
    x, slope = run.operand(op, 0), run.value(op.operands[1]).x
    slopes = slope.detach().tolist()
    if len(slopes) == 1:
        tabulate(run, op, x, lambda v: F.prelu(v, slope), lambda v: v if v >= 0 else slopes[0] * v)
        return
    functions = [lambda v, a=a: v if v >= 0 else a * v for a in slopes]
    per_channel(run, op, x, lambda v: F.prelu(v, slope), functions)


def batch_norm(run, op):
    """A batch-norm that no weight could take."""
    x = run.operand(op, 0)
    gamma, beta, mean, var = (run.value(o).x for o in op.operands[1:])
    eps = op.attrs.get("eps", 1e-5)
    training = run.training and not run.owner.frozen
    if training:
        momentum = run.owner.step_momentum_of(run.graph.maker[op.operands[3]].attrs["name"])
        run.finish(op, F.batch_norm(x.x, mean, var, gamma, beta, True, momentum, eps))
        return
    factor = gamma.detach().double() / torch.sqrt(var.double() + eps)
    offset = beta.detach().double() - mean.double() * factor
    functions = [lambda v, f=f, o=o: v * f + o for f, o in zip(factor.tolist(), offset.tolist())]
    per_channel(run, op, x, lambda v: F.batch_norm(v, mean, var, gamma, beta, False, 0.0, eps),
                functions)


# ---- two operands (N8) ----

def binary_act(op):
    return acts.of_attribute(op.attrs.get("act"))


def add_row(run, op):
    add(run, op, run.operand(op, 0), run.operand(op, 1), binary_act(op))


def sub_row(run, op):
    add(run, op, run.operand(op, 0), run.operand(op, 1), binary_act(op), sign=-1)


def mul_row(run, op):
    left, right = run.operand(op, 0), run.operand(op, 1)

    def ratio(quantizer):
        m = (left.scale * right.scale) / quantizer.grid()[0].detach()
        return left.steps() * right.steps() * m
    codes = run.on_codes(op, left, right)
    finish_act(run, op, left.x * right.x, ratio if codes else None, binary_act(op))


def div_row(run, op):
    finish_act(run, op, run.operand(op, 0).x / run.operand(op, 1).x, None, binary_act(op))


def matmul(run, op):
    left, right = run.operand(op, 0), run.operand(op, 1)
    turn = (lambda t: t.transpose(-1, -2)) if op.attrs.get("transpose_b") else lambda t: t

    def ratio(quantizer):
        acc = recover(left.x, left.scale) @ turn(recover(right.x, right.scale))
        return acc.float() * ((left.scale * right.scale) / quantizer.grid()[0].detach())
    codes = run.on_codes(op, left, right)
    run.finish(op, left.x @ turn(right.x), ratio if codes else None)


# ---- scalars (N8) ----

def scalar_row(run, op):
    """add_scalar and mul_scalar: parameters derived from the input's where they can be."""
    x, c = run.operand(op, 0), float(torch.tensor(op.attrs["scalar"], dtype=torch.float32))
    adds = op.kind == "nn.add_scalar"
    quantizer = run.target(op)
    derived = derive(quantizer, x, c, adds) if quantizer is not None and x.q is not None else None
    if derived is None:
        if quantizer is not None:
            quantizer.derived = False  # from here on an observer decides
        exact = (lambda v: v + c) if adds else (lambda v: v * c)
        tabulate(run, op, x, (lambda v: v + c) if adds else (lambda v: v * c), exact)
        return
    scale, zero, sign, shift = derived
    quantizer.set_grid(scale, zero)
    y = (x.x + c) if adds else x.x * c
    steps = sign * x.steps() + shift
    run.settle(op, 0, run.fake(y, quantizer, steps))


def derive(quantizer, x, c, adds):
    """N8: (scale, zero point, sign, shift) of the result, or None where an observer decides."""
    if not quantizer.derived:
        return None
    scale, zero = x.grid
    if adds:
        moved = zero - torch.round(torch.full_like(scale, c) / scale)
        if not bool(((moved >= quantizer.qmin) & (moved <= quantizer.qmax)).all()):
            return None
        return scale, moved.int(), 1, (zero - moved).float()
    if c == 0:
        return scale, zero, 0, 0.0
    if c > 0:
        return scale * c, zero, 1, 0.0
    return scale * abs(c), quantizer.qmin + quantizer.qmax - zero, -1, 0.0


# ---- means (N9) ----

def mean_row(total, count):
    """total(x, op) sums in the tensor's type; count(x, op) is what each is the sum of."""
    def row(run, op):
        x = run.operand(op, 0)
        n = count(x.x, op)

        def ratio(quantizer):
            sums = total(recover(x.x, x.scale), op).float()
            return sums * (x.scale / (quantizer.grid()[0].detach() * n))
        run.finish(op, total(x.x, op) / n, ratio if run.on_codes(op, x) else None)
    return row


def reduce_sum(x, op):
    return x.sum(op.attrs["axes"], keepdim=op.attrs.get("keepdims", True))


def reduce_count(x, op):
    return torch.tensor(float(math.prod(x.shape[a] for a in op.attrs["axes"])), device=x.device)


def window_matrix(op, size, side, like):
    """[out, in] with ones where an output's window covers an input; side 0: rows, 1: columns."""
    spans = window_spans(op, size, side)
    matrix = torch.zeros(len(spans), size, dtype=like.dtype, device=like.device)
    for row, (begin, end, _) in enumerate(spans):
        matrix[row, begin:end] = 1
    return matrix


def window_spans(op, size, side):
    """(begin, end, declared size) of each window along an axis."""
    if op.kind == "nn.adaptive_avg_pool2d":
        out = op.attrs["output_size"][side]
        cut = [(o * size // out, -(-(o + 1) * size // out)) for o in range(out)]
        return [(b, e, e - b) for b, e in cut]
    padding, kernel = op.attrs.get("padding", [0] * 4), op.attrs["kernel"][side]
    stride, spans = op.attrs.get("stride", [1, 1])[side], []
    for o in range(op.shapes[0][2 + side]):
        begin = o * stride - padding[side]
        end = begin + kernel
        spans.append((max(begin, 0), min(end, size), min(end, size + padding[side + 2]) - begin))
    return spans


def window_sum(x, op):
    """Sums by two products, exact on integers in f64."""
    if op.kind == "nn.adaptive_avg_pool2d" and op.attrs["output_size"] == [1, 1]:
        return x.sum((2, 3), keepdim=True)
    rows, columns = (window_matrix(op, x.shape[2 + side], side, x) for side in (0, 1))
    return rows @ x @ columns.t()


def window_count(x, op):
    sizes = []
    for side in (0, 1):
        spans = window_spans(op, x.shape[2 + side], side)
        declared = op.attrs.get("count_include_pad", False)
        sizes.append(torch.tensor([float(d if declared else e - b) for b, e, d in spans],
                                  device=x.device))
    return sizes[0][:, None] * sizes[1][None, :]


# ---- movement: codes and parameters go along (N9) ----

def move(function):
    """A row of an op that only moves elements; function(x, op)."""
    def row(run, op):
        x = run.operand(op, 0)
        result = function(x.x, op)
        for index, part in enumerate(result if isinstance(result, (tuple, list)) else [result]):
            run.settle(op, index, x.moved(part))
    return row


def max_pool(x, op):
    a = op.attrs
    top, left, bottom, right = a.get("padding", [0] * 4)
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, [left, right, top, bottom], value=-math.inf), 0, 0
    return F.max_pool2d(x, a["kernel"], a.get("stride", [1, 1]), [top, left],
                        a.get("dilation", [1, 1]), a.get("ceil_mode", False))


def reshape(x, op):
    shape = [x.shape[i] if size == 0 else size for i, size in enumerate(op.attrs["shape"])]
    return x.reshape(shape)


def slice_part(x, op):
    for axis, start, end, step in zip(*(op.attrs[k] for k in ("axes", "starts", "ends", "steps"))):
        index = [slice(None)] * x.ndim
        index[axis] = slice(start, end, step)
        x = x[tuple(index)]
    return x


def squeeze(x, op):
    return x.squeeze(tuple(op.attrs["axes"]))


def unsqueeze(x, op):
    for axis in sorted(op.attrs["axes"]):
        x = x.unsqueeze(axis)
    return x


def depth_to_space(x, op):
    block = op.attrs["block"]
    if op.attrs.get("column_major", False):
        return F.pixel_shuffle(x, block)
    n, c, h, w = x.shape
    parts = x.view(n, block, block, c // block ** 2, h, w)
    return parts.permute(0, 3, 4, 1, 5, 2).reshape(n, c // block ** 2, h * block, w * block)


def pad(run, op):
    """The value is written as its code (N2)."""
    x, value = run.operand(op, 0), float(op.attrs.get("value", 0.0))
    if x.q is not None and value:
        scale, zero = x.grid
        step = torch.round(torch.full_like(scale, value) / scale)
        value = float(step.clamp(float(x.q.qmin - zero), float(x.q.qmax - zero)) * scale)
    low, high = op.attrs["low"], op.attrs["high"]
    sides = [side for axis in reversed(range(len(low))) for side in (low[axis], high[axis])]
    run.settle(op, 0, x.moved(F.pad(x.x, sides, value=value)))


def cat(run, op):
    parts = [run.operand(op, i) for i in range(len(op.operands))]
    x = torch.cat([p.x for p in parts], op.attrs["axis"])
    shared = all(p.shares(parts[0]) for p in parts)
    if shared and run.target(op) in (None, parts[0].q):
        run.settle(op, 0, parts[0].moved(x))
    else:
        run.finish(op, x)


# ---- resize (N18) ----

def coordinate(op, o, size, out, side):
    """Where output o lies in the input, in f64 (ONNX Resize)."""
    mode, scale = op.attrs["coord_mode"], op.attrs["scales"][side]
    if mode == "asymmetric":
        return o / scale
    if mode == "align_corners":
        return o * (size - 1) / (out - 1) if out > 1 else 0.0
    if mode == "pytorch_half_pixel" and out <= 1:
        return 0.0
    return (o + 0.5) / scale - 0.5


def nearest_index(op, size, side):
    out = op.attrs["output_size"][side]
    rules = {"floor": math.floor, "ceil": math.ceil,
             "round_prefer_floor": lambda v: math.ceil(v - 0.5),
             "round_prefer_ceil": lambda v: math.floor(v + 0.5)}
    rule = rules[op.attrs["nearest_mode"]]
    return [min(max(rule(coordinate(op, o, size, out, side)), 0), size - 1) for o in range(out)]


def resize_nearest(x, op):
    rows, columns = (torch.tensor(nearest_index(op, x.shape[2 + side], side), device=x.device)
                     for side in (0, 1))
    return x.index_select(2, rows).index_select(3, columns)


def taps(op, size, side, like):
    out, first, weight = op.attrs["output_size"][side], [], []
    for o in range(out):
        at = min(max(coordinate(op, o, size, out, side), 0.0), size - 1.0)
        first.append(math.floor(at))
        weight.append(at - math.floor(at))
    first = torch.tensor(first, device=like.device)
    return first, (first + 1).clamp(max=size - 1), torch.tensor(weight, device=like.device).to(like)


def interpolate(x, op):
    """N18, every operation one f32 rounding."""
    r0, r1, wy = taps(op, x.shape[2], 0, x)
    c0, c1, wx = taps(op, x.shape[3], 1, x)
    wy = wy[:, None]
    blend = lambda a, b, w: a + (b - a) * w
    line = lambda rows: blend(x[:, :, rows][..., c0], x[:, :, rows][..., c1], wx)
    return blend(line(r0), line(r1), wy)


def resize_bilinear(run, op):
    x = run.operand(op, 0)

    def ratio(quantizer):
        return interpolate(x.steps(), op) * (x.scale / quantizer.grid()[0].detach())
    run.finish(op, interpolate(x.x, op), ratio if run.on_codes(op, x) else None)


def softmax(run, op):
    run.finish(op, torch.softmax(run.operand(op, 0).x, op.attrs["axis"]))


ROWS = {
    "nn.conv2d": run_root, "nn.conv_transpose2d": run_root, "nn.linear": run_root,
    "nn.matmul": matmul, "nn.batch_norm": batch_norm,
    "nn.relu": unary("relu"), "nn.relu6": unary("relu6"), "nn.clip": unary("clip", "min", "max"),
    "nn.leaky_relu": unary("leaky_relu", "alpha"), "nn.sigmoid": unary("sigmoid"),
    "nn.tanh": unary("tanh"), "nn.hard_swish": unary("hard_swish"), "nn.silu": unary("silu"),
    "nn.hard_sigmoid": unary("hard_sigmoid", "alpha", "beta"), "nn.gelu": gelu, "nn.prelu": prelu,
    "nn.add": add_row, "nn.sub": sub_row, "nn.mul": mul_row, "nn.div": div_row,
    "nn.add_scalar": scalar_row, "nn.mul_scalar": scalar_row, "nn.softmax": softmax,
    "nn.max_pool2d": move(max_pool), "nn.avg_pool2d": mean_row(window_sum, window_count),
    "nn.adaptive_avg_pool2d": mean_row(window_sum, window_count),
    "nn.reduce_mean": mean_row(reduce_sum, reduce_count),
    "nn.resize_nearest": move(resize_nearest), "nn.resize_bilinear": resize_bilinear,
    "nn.reshape": move(reshape),
    "nn.flatten": move(lambda x, op: x.flatten(op.attrs.get("axis", 1))),
    "nn.transpose": move(lambda x, op: x.permute(op.attrs["perm"])),
    "nn.slice": move(slice_part), "nn.squeeze": move(squeeze), "nn.unsqueeze": move(unsqueeze),
    "nn.depth_to_space": move(depth_to_space), "nn.pad": pad, "nn.cat": cat,
    "nn.split": move(lambda x, op: torch.split(x, op.attrs["sizes"], op.attrs["axis"])),
}
