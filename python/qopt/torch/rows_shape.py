"""Rows of ops on the shape: pools and means, resize, movement, and those that leave nothing in the IR."""
import torch

from .rows_compute import four, pair
from .values import Constant, Unsupported

FREE = -1


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


def transpose_constant(call):
    constant = call["self"]
    return Constant(constant.name, constant.tensor.t(), constant.trainable, transposed=constant)


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
