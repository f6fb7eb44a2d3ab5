"""The table: one row per aten op, what it becomes in `nn`.

A row is a function of a Call and returns what the node stands for: a Value, a tuple of them for an op of
several results, or a Constant. Calls give arguments by the names of the op's schema (docs of
torch.ops.aten), with defaults filled in. The row of an in-place op is that of its functional form.
"""
from .rows_compute import (add, batch_norm, clamp, conv2d, conv2d_padding, conv_transpose2d, convolution,
                           div, gelu, hardtanh, linear, matmul, mul, negate, prelu, rsub, softmax, sub,
                           unary)
from .rows_shape import (adaptive_avg_pool2d, avg_pool2d, cat, dropout, flatten, max_pool2d, mean, pad,
                         permute, pixel_shuffle, reshape, same, select, slice_, split, squeeze, stack,
                         transpose, unsqueeze, upsample_bilinear, upsample_nearest)


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
