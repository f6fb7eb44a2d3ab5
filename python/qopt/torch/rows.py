"""The table: one row per aten op, what it becomes in `nn`.

A row is a function of a Call and returns what the node stands for: a Value, a tuple of them for
an op of several results, or a Constant. Calls give arguments by the names of the op's schema
(docs of torch.ops.aten), with defaults filled in. The row of an in-place op is that of
its functional form.
"""
import math

import torch

from .values import Constant, Unsupported, Value

HALF = 0.5
FREE = -1


def pair(value, fallback=None):
    """A size-2 list of an int, a list of one or two; `fallback` for an empty list."""
    value = [value] if isinstance(value, int) else list(value)
    if not value and fallback is not None:
        return pair(fallback)
    return [int(v) for v in (value * 2 if len(value) == 1 else value)]


def four(padding):
    """Symmetric padding as [top, left, bottom, right]."""
    top, left = pair(padding)
    return [top, left, top, left]


# ---- convolution, linear, batch-norm ---------------------------------------------------------

def conv2d(call):
    x, weight, bias = call.value("input"), call.parameter("weight"), call.parameter("bias")
    return call.emit("nn.conv2d", [x, weight, bias], stride=pair(call["stride"]),
                     padding=four(call["padding"]), dilation=pair(call["dilation"]),
                     groups=call["groups"])


def conv2d_padding(call):
    """padding='same' or 'valid': torch puts the odd pixel at the bottom and right."""
    dilation, sides = pair(call["dilation"]), [0, 0, 0, 0]
    if call["padding"] == "same":
        for axis in (0, 1):
            total = dilation[axis] * (call.shape("weight")[2 + axis] - 1)
            sides[axis], sides[2 + axis] = total // 2, total - total // 2
    return call.emit("nn.conv2d",
                     [call.value("input"), call.parameter("weight"), call.parameter("bias")],
                     stride=pair(call["stride"]), padding=sides, dilation=dilation,
                     groups=call["groups"])


def conv_transpose2d(call):
    return call.emit("nn.conv_transpose2d",
                     [call.value("input"), call.parameter("weight"), call.parameter("bias")],
                     stride=pair(call["stride"]), padding=four(call["padding"]),
                     output_padding=pair(call["output_padding"]),
                     dilation=pair(call["dilation"]), groups=call["groups"])


def convolution(call):
    """aten.convolution, which is what some exporters leave of every convolution."""
    if call.rank("input") != 4:
        raise Unsupported("a convolution of rank other than 4")
    return conv_transpose2d(call) if call["transposed"] else conv2d(call)


def linear(call):
    return call.emit("nn.linear",
                     [call.value("input"), call.parameter("weight"), call.parameter("bias")])


def matmul(call):
    left, right = call["self"], call.get("other", "mat2")
    if isinstance(right, Constant) and right.tensor.ndim == 2 and isinstance(left, Value):
        if right.transposed is None:
            raise Unsupported("a product with a constant [K, N] matrix; write it as F.linear(x, w) "
                              "with w of [N, K], or as x @ w.t()")
        return call.emit("nn.linear", [left, call.constant(right.transposed), None])
    return call.emit("nn.matmul", [call.operand(left), call.operand(right)])


def transpose_constant(call):
    constant = call["self"]
    return Constant(constant.name, constant.tensor.t(), constant.trainable, transposed=constant)


def batch_norm(call):
    channels = call.shape("input")[1]
    if call["running_mean"] is None or call["running_var"] is None or call.get("training"):
        raise Unsupported("a batch-norm without running statistics; build it with "
                          "track_running_stats=True")
    fill = lambda name, value: call.parameter(name) if call[name] is not None else call.constant(
        Constant(f"{call.layer}.{name}", torch.full((channels,), value), False))
    call.note_batch_norm(call["running_mean"].name, call["momentum"])
    return call.emit("nn.batch_norm",
                     [call.value("input"), fill("weight", 1.0), fill("bias", 0.0),
                      call.parameter("running_mean"), call.parameter("running_var")],
                     eps=call["eps"])


# ---- pointwise ---------------------------------------------------------------------------------

def unary(op, **attrs):
    """A row without parameters of its own; `attrs` name schema arguments or give constants."""
    def row(call):
        given = {k: call[v] if isinstance(v, str) else v for k, v in attrs.items()}
        return call.emit(op, [call.value("self")], **given)
    return row


def hardtanh(call):
    return clip(call, call["min_val"], call["max_val"])


def clamp(call):
    low, high = call["min"], call["max"]
    return clip(call, -math.inf if low is None else low, math.inf if high is None else high)


def clip(call, low, high):
    if (low, high) == (0, 6):
        return call.emit("nn.relu6", [call.value("self")])
    if (low, high) == (0, math.inf):
        return call.emit("nn.relu", [call.value("self")])
    limit = torch.finfo(torch.float32).max
    return call.emit("nn.clip", [call.value("self")], min=max(float(low), -limit),
                     max=min(float(high), limit))


def gelu(call):
    return call.emit("nn.gelu", [call.value("self")], approximate_tanh=call["approximate"] == "tanh")


def prelu(call):
    return call.emit("nn.prelu", [call.value("self"), call.parameter("weight")])


def number(argument):
    """The float of a Python number or of a constant of one element that nobody trains."""
    if isinstance(argument, (int, float)) and not isinstance(argument, bool):
        return float(argument)
    if isinstance(argument, Constant) and argument.tensor.ndim == 0 and not argument.trainable:
        return float(argument.tensor)
    return None


def scaled(call, value, factor):
    return value if factor == 1 else call.emit("nn.mul_scalar", [value], scalar=float(factor))


def shifted(call, value, amount):
    return call.emit("nn.add_scalar", [value], scalar=float(amount))


def add(call):
    """x + alpha * y, either of which may be a number."""
    x, y, alpha = call["self"], call["other"], call.get("alpha", fallback=1)
    if number(y) is not None:
        return shifted(call, call.operand(x), alpha * number(y))
    if number(x) is not None:
        return shifted(call, scaled(call, call.operand(y), alpha), number(x))
    return call.emit("nn.add", [call.operand(x), scaled(call, call.operand(y), alpha)])


def sub(call):
    x, y, alpha = call["self"], call["other"], call.get("alpha", fallback=1)
    return difference(call, x, y, alpha)


def rsub(call):
    return difference(call, call["other"], call["self"], call.get("alpha", fallback=1))


def difference(call, x, y, alpha):
    """x - alpha * y, either of which may be a number."""
    if number(y) is not None:
        return shifted(call, call.operand(x), -alpha * number(y))
    if number(x) is not None:
        return shifted(call, scaled(call, call.operand(y), -alpha), number(x))
    return call.emit("nn.sub", [call.operand(x), scaled(call, call.operand(y), alpha)])


def mul(call):
    x, y = call["self"], call["other"]
    if number(y) is not None:
        return call.emit("nn.mul_scalar", [call.operand(x)], scalar=number(y))
    if number(x) is not None:
        return call.emit("nn.mul_scalar", [call.operand(y)], scalar=number(x))
    return call.emit("nn.mul", [call.operand(x), call.operand(y)])


def div(call):
    if call.get("rounding_mode") is not None:
        raise Unsupported("a division with rounding_mode")
    x, y = call["self"], call["other"]
    if number(y) is not None:
        return call.emit("nn.mul_scalar", [call.operand(x)], scalar=1.0 / number(y))
    if number(x) is not None:
        raise Unsupported("a number divided by a tensor")
    return call.emit("nn.div", [call.operand(x), call.operand(y)])


def negate(call):
    return call.emit("nn.mul_scalar", [call.value("self")], scalar=-1.0)


def softmax(call):
    return call.emit("nn.softmax", [call.value("self")], axis=call.axis("dim", "self"))


# ---- pools, means, resize ------------------------------------------------------------------------

def max_pool2d(call):
    kernel = pair(call["kernel_size"])
    return call.emit("nn.max_pool2d", [call.value("self")], kernel=kernel,
                     stride=pair(call["stride"], kernel), padding=four(call["padding"]),
                     dilation=pair(call["dilation"]), ceil_mode=call["ceil_mode"])


def avg_pool2d(call):
    kernel = pair(call["kernel_size"])
    if call["divisor_override"] is not None:
        raise Unsupported("an average pool with divisor_override")
    return call.emit("nn.avg_pool2d", [call.value("self")], kernel=kernel,
                     stride=pair(call["stride"], kernel), padding=four(call["padding"]),
                     ceil_mode=call["ceil_mode"], count_include_pad=call["count_include_pad"])


def adaptive_avg_pool2d(call):
    sizes = [int(given if given is not None else have)
             for given, have in zip(call["output_size"], call.shape("self")[-2:])]
    return call.emit("nn.adaptive_avg_pool2d", [call.value("self")], output_size=sizes)


def mean(call):
    axes = call["dim"] if call["dim"] is not None else range(1, call.rank("self"))
    axes = [a % call.rank("self") for a in ([axes] if isinstance(axes, int) else axes)]
    if 0 in axes or not axes:
        raise Unsupported("a mean over the batch")
    return call.emit("nn.reduce_mean", [call.value("self")], axes=sorted(axes),
                     keepdims=call["keepdim"])


def ratios(call):
    """(output sizes, output/input per axis as torch maps coordinates)."""
    have, want = call.shape("input")[-2:], call.result_shape()[-2:]
    given = call.get("scale_factors")
    return [int(w) for w in want], [float(f) for f in given] if given else [
        w / h for w, h in zip(want, have)]


def upsample_nearest(call):
    sizes, scales = ratios(call)
    return call.emit("nn.resize_nearest", [call.value("input")], output_size=sizes, scales=scales,
                     coord_mode="asymmetric", nearest_mode="floor")


def upsample_bilinear(call):
    sizes, scales = ratios(call)
    corners = call["align_corners"]
    return call.emit("nn.resize_bilinear", [call.value("input")], output_size=sizes, scales=scales,
                     coord_mode="align_corners" if corners else "half_pixel")


# ---- movement ------------------------------------------------------------------------------------

def reshape(call):
    """Any op that keeps the elements in order: the result's shape decides."""
    have, want = call.shape("self"), call.result_shape()
    shape = []
    for i, size in enumerate(want):
        if isinstance(size, int):
            shape.append(size)
        elif i < len(have) and str(have[i]) == str(size):
            shape.append(0)
        else:
            shape.append(FREE)
    if shape.count(FREE) > 1:
        raise Unsupported("a reshape that splits the free batch")
    return call.emit("nn.reshape", [call.value("self")], shape=shape)


def flatten(call):
    start, rank = call.axis("start_dim", "self"), call.rank("self")
    if start == 1 and call["end_dim"] % rank == rank - 1 and rank > 1:
        return call.emit("nn.flatten", [call.value("self")], axis=1)
    return reshape(call)


def permute(call):
    if isinstance(call["self"], Constant):
        return transpose_if_matrix(call)
    perm = [d % call.rank("self") for d in call["dims"]]
    return call.emit("nn.transpose", [call.value("self")], perm=perm)


def transpose(call):
    if isinstance(call["self"], Constant):
        return transpose_if_matrix(call)
    perm = list(range(call.rank("self")))
    a, b = call.axis("dim0", "self"), call.axis("dim1", "self")
    perm[a], perm[b] = perm[b], perm[a]
    return call.emit("nn.transpose", [call.value("self")], perm=perm)


def transpose_if_matrix(call):
    if call["self"].tensor.ndim != 2:
        raise Unsupported("a transposed parameter of rank other than 2")
    return transpose_constant(call)


def slice_(call):
    axis, size = call.axis("dim", "self"), call.shape("self")
    start, end, step = call["start"] or 0, call["end"], call["step"]
    if not isinstance(size[axis], int):
        if start == 0 and step == 1 and (end is None or not isinstance(end, int) or end >= 2**62):
            return call.value("self")  # x[:] on the batch
        raise Unsupported("a slice of the batch")
    size = size[axis]
    bound = lambda v: min(max(v + size if v < 0 else v, 0), size)
    start, end = bound(start), bound(size if end is None else end)
    if (start, end, step) == (0, size, 1):
        return call.value("self")
    return call.emit("nn.slice", [call.value("self")], axes=[axis], starts=[start], ends=[end],
                     steps=[step])


def select(call):
    axis, index = call.axis("dim", "self"), call["index"]
    size = call.shape("self")[axis]
    if axis == 0 or not isinstance(size, int):
        raise Unsupported("a sample picked out of the batch")
    index %= size
    part = call.emit("nn.slice", [call.value("self")], axes=[axis], starts=[index], ends=[index + 1],
                     steps=[1])
    return call.emit("nn.squeeze", [part], axes=[axis])


def squeeze(call):
    shape = call.shape("self")
    dims = call.get("dim")
    dims = range(len(shape)) if dims is None else [dims] if isinstance(dims, int) else dims
    axes = [d % len(shape) for d in dims if shape[d % len(shape)] == 1]
    return call.emit("nn.squeeze", [call.value("self")], axes=axes) if axes else call.value("self")


def unsqueeze(call):
    return call.emit("nn.unsqueeze", [call.value("self")],
                     axes=[call["dim"] % (call.rank("self") + 1)])


def pad(call):
    mode = call.get("mode", fallback="constant")
    if mode != "constant":
        raise Unsupported(f"padding by '{mode}'; only constants are supported")
    given, rank = [int(p) for p in call["pad"]], call.rank("self")
    if min(given, default=0) < 0:
        raise Unsupported("a negative pad, which crops")
    low, high = [0] * rank, [0] * rank
    for i in range(len(given) // 2):
        low[rank - 1 - i], high[rank - 1 - i] = given[2 * i], given[2 * i + 1]
    return call.emit("nn.pad", [call.value("self")], low=low, high=high,
                     value=float(call.get("value") or 0.0))


def cat(call):
    values = call["tensors"]
    return call.emit("nn.cat", [call.operand(v) for v in values],
                     axis=call["dim"] % len(call.result_shape()))


def stack(call):
    axis = call["dim"] % len(call.result_shape())
    parts = [call.emit("nn.unsqueeze", [call.operand(v)], axes=[axis]) for v in call["tensors"]]
    return call.emit("nn.cat", parts, axis=axis)


def split(call):
    """split, split_with_sizes, chunk: the results' shapes decide."""
    axis = call.axis("dim", "self")
    shapes = call.result_shapes()
    sizes = [shape[axis] for shape in shapes]
    if not all(isinstance(s, int) for s in sizes):
        raise Unsupported("a split of the batch")
    return call.emit("nn.split", [call.value("self")], axis=axis, sizes=sizes, results=len(sizes))


def pixel_shuffle(call):
    return call.emit("nn.depth_to_space", [call.value("self")], block=call["upscale_factor"],
                     column_major=True)


def same(call):
    """Identities of inference: contiguous, clone, detach, alias, a cast to f32."""
    if call.result_dtype() != torch.float32:
        raise Unsupported(f"a cast to {call.result_dtype()}; networks are f32 here")
    return call["self"] if "self" in call else call["input"]


def dropout(call):
    """Stays in training: noted for the prepared module, and nothing in the IR."""
    return call.note_dropout(call.get("input", "self"), float(call["p"]), channels="feature" in call.target)


# ---- markers of eager mode -------------------------------------------------------------------------

def stub(inside):
    return lambda call: call.mark(call["x"], inside)


def marker(row, **names):
    """A FloatFunctional call by the row of the op it stands for."""
    def run(call):
        call.rename({"self": "x", "other": "y", **names})
        return row(call)
    return run


def add_relu(call):
    call.rename({"self": "x", "other": "y"})
    return call.emit("nn.relu", [add(call)])


ROWS = {
    "aten::conv2d": conv2d, "aten::conv2d.padding": conv2d_padding,
    "aten::conv_transpose2d.input": conv_transpose2d, "aten::convolution": convolution,
    "aten::linear": linear, "aten::matmul": matmul, "aten::mm": matmul, "aten::bmm": matmul,
    "aten::batch_norm": batch_norm, "aten::t": transpose,
    "aten::relu": unary("nn.relu"), "aten::relu6": unary("nn.relu6"), "aten::hardtanh": hardtanh,
    "aten::clamp": clamp, "aten::clamp_min": clamp, "aten::clamp_max": clamp,
    "aten::leaky_relu": unary("nn.leaky_relu", alpha="negative_slope"),
    "aten::sigmoid": unary("nn.sigmoid"), "aten::tanh": unary("nn.tanh"),
    "aten::hardsigmoid": unary("nn.hard_sigmoid"), "aten::hardswish": unary("nn.hard_swish"),
    "aten::gelu": gelu, "aten::silu": unary("nn.silu"), "aten::prelu": prelu,
    "aten::add.Tensor": add, "aten::add.Scalar": add, "aten::sub.Tensor": sub,
    "aten::sub.Scalar": sub, "aten::rsub.Scalar": rsub, "aten::rsub.Tensor": rsub,
    "aten::mul.Tensor": mul, "aten::mul.Scalar": mul, "aten::div.Tensor": div,
    "aten::div.Scalar": div, "aten::neg": negate,
    "aten::softmax.int": softmax, "aten::_softmax": softmax,
    "aten::max_pool2d": max_pool2d, "aten::avg_pool2d": avg_pool2d,
    "aten::adaptive_avg_pool2d": adaptive_avg_pool2d, "aten::mean.dim": mean,
    "aten::upsample_nearest2d.vec": upsample_nearest,
    "aten::upsample_bilinear2d.vec": upsample_bilinear,
    "aten::flatten.using_ints": flatten, "aten::reshape": reshape, "aten::view": reshape,
    "aten::_unsafe_view": reshape, "aten::unflatten.int": reshape,
    "aten::permute": permute, "aten::transpose.int": transpose, "aten::slice.Tensor": slice_,
    "aten::select.int": select, "aten::squeeze": squeeze, "aten::squeeze.dim": squeeze,
    "aten::squeeze.dims": squeeze, "aten::unsqueeze": unsqueeze, "aten::pad": pad,
    "aten::constant_pad_nd": pad, "aten::cat": cat, "aten::stack": stack,
    "aten::split.Tensor": split, "aten::split_with_sizes": split, "aten::chunk": split,
    "aten::pixel_shuffle": pixel_shuffle,
    "aten::contiguous": same, "aten::clone": same, "aten::detach": same, "aten::alias": same,
    "aten::to.dtype": same, "aten::to.dtype_layout": same, "aten::to.device": same,
    "aten::dropout": dropout, "aten::feature_dropout": dropout,
    "qopt::quant_stub": stub(True), "qopt::dequant_stub": stub(False),
    "qopt::add": marker(add), "qopt::mul": marker(mul), "qopt::matmul": marker(matmul),
    "qopt::add_relu": add_relu, "qopt::add_scalar": marker(add, other="c"),
    "qopt::mul_scalar": marker(mul, other="c"), "qopt::cat": marker(cat, tensors="xs"),
}
