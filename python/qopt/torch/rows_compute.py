"""Rows of ops that compute: convolution, linear, batch-norm, pointwise functions, arithmetic."""
import math

import torch

from .values import Constant, Unsupported, Value


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
