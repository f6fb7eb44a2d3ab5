"""Convolutions and linear layers with all that is fused into them: N4 to N7, N10, N16."""
import torch
import torch.nn.functional as F

from . import acts
from .functions import Conv, Exact, Linear, along
from .pointwise import tabulate

BIAS_LIMIT = 2.0 ** 30   # N5
LEAST_FACTOR = 2.0 ** -20  # N16: below it batch statistics come from the float convolution


def layer_of(op):
    a = op.attrs
    if op.kind == "nn.linear":
        return Linear()
    return Conv(a.get("stride", [1, 1]), a.get("padding", [0] * 4), a.get("dilation", [1, 1]),
                a.get("groups", 1),
                a.get("output_padding", [0, 0]) if op.kind == "nn.conv_transpose2d" else None)


def run_root(run, op):
    """One conv2d, conv_transpose2d or linear with its epilogue."""
    layer, act = layer_of(op), acts.of_attribute(op.attrs.get("act"))
    x = run.operand(op, op.roles.index("activation"))
    x = x.moved(layer.padded(x.x))
    residual = run.operand(op, op.roles.index("residual")) if "residual" in op.roles else None
    if run.updating(op) is not None:
        y, sums = train_batch_norm(run, op, layer, x), None
    else:
        y, sums = multiply(run, op, layer, x, residual)
    epilogue(run, op, y, sums, residual, act)


class Sums:
    """f32(acc) and the unit sx * sw[c] that makes it real (N6)."""

    def __init__(self, acc, unit, axis):
        self.acc, self.unit, self.axis = acc, unit, axis

    def over(self, quantizer):
        """f32(acc) * m[c] for a result on the quantizer's grid."""
        scale = quantizer.grid()[0].detach()
        return self.acc * along(self.unit / scale, self.acc, self.axis)


def weight_of(run, op):
    """(weight before its fake_quant, Quantizer or None)."""
    maker = run.graph.maker[op.operand("weight")]
    if "qparams" not in maker.attrs:
        return run.value(op.operand("weight")).x, None
    return run.value(maker.operands[0]).x, run.owner.quantizer(maker.attrs["qparams"])


def multiply(run, op, layer, x, residual):
    """(y, Sums or None): exact where all operands are codes, else in f32."""
    weight, quantizer = weight_of(run, op)
    bias = run.value(op.operand("bias")).x if op.operand("bias") is not None else None
    if quantizer is not None:
        run.observe(quantizer, weight)
        if x.q is not None and bias is not None and quantizer.quantizing:
            floor_scale(quantizer, bias, x.scale)
        weight = run.fake(weight, quantizer).x
    sides = [x] + ([residual] if residual is not None else [])
    if quantizer is None or not quantizer.quantizing or not run.on_codes(op, *sides):
        return layer.forward(x.x, weight, bias), None
    sx, sw = x.scale, quantizer.grid()[0].detach()
    y, acc = Exact.apply(x.x, weight, bias, sx, sw, layer)
    return y, Sums(acc, sx * sw, layer.axis(acc))


def floor_scale(quantizer, bias, sx):
    """N5: the weight's scale is large enough for the code of its bias."""
    with torch.no_grad():
        least = bias.detach().abs() / (sx * BIAS_LIMIT)
        least = least if quantizer.axis is not None else least.max().reshape(1)
        torch.maximum(quantizer.scale, least, out=quantizer.scale.data)


def train_batch_norm(run, op, layer, x):
    """The op and its batch-norm by batch statistics: weights folded by the running statistics, then
    fake-quantized; the statistics are those of y / g, g = gamma / sigma (N16)."""
    fold = run.updating(op)
    weight, bias, gamma, beta, mean, var = (None if o is None else run.value(o).x for o in fold.parts)
    _, quantizer = weight_of_fold(run, op)
    g = gamma / torch.sqrt(var + fold.eps)
    folded = weight * along(g, weight, layer.weight_axis)
    if quantizer is not None:
        run.observe(quantizer, folded)
        if x.q is not None:
            shift = beta + ((0 if bias is None else bias) - mean) * g
            floor_scale(quantizer, shift, x.scale)
        folded = run.fake(folded, quantizer).x
    y = layer.forward(x.x, folded)
    small = g.detach().abs() < LEAST_FACTOR
    divisor = torch.where(small, torch.ones_like(g), g)
    z = y / along(divisor, y, layer.axis(y))
    if bool(small.any()):
        plain = layer.forward(x.x, weight)
        z = torch.where(along(small, y, layer.axis(y)), plain, z)
    if bias is not None:
        z = z + along(bias, z, layer.axis(z))
    if z.ndim > 2 and layer.axis(z) != 1:
        z = z.transpose(1, -1)
    momentum = run.owner.step_momentum(fold)
    z = F.batch_norm(z, mean, var, gamma, beta, True, momentum, fold.eps)
    return z.transpose(1, -1) if z.ndim > 2 and layer.axis(z) != 1 else z


def weight_of_fold(run, op):
    maker = run.graph.maker[op.operand("weight")]
    symbol = maker.attrs.get("qparams")
    return maker, run.owner.quantizer(symbol) if symbol else None


def epilogue(run, op, y, sums, residual, act):
    """mid, residual and activation, then the result's point."""
    mid = op.attrs.get("mid")
    tabulated = act is not None and not act.is_clamp
    if mid is not None:
        quantizer = run.owner.quantizer(mid)
        run.observe(quantizer, y)
        ratio = sums.over(quantizer) if sums is not None and quantizer.quantizing else None
        middle = run.fake(y, quantizer, ratio)
        if residual is not None:
            add(run, op, middle, residual, act)
        else:
            tabulate(run, op, middle, act, act.at)
        return
    if residual is not None:
        add_to_sums(run, op, y, sums, residual, act)
        return
    if tabulated:
        run.finish(op, act(y))
        return
    run.finish(op, y, None if sums is None else sums.over, act)


def add(run, op, left, right, act, sign=1):
    """N8: sum (or difference) of two values on codes."""
    def ratio(quantizer):
        scale = quantizer.grid()[0].detach()
        return left.steps() * (left.scale / scale) + right.steps() * (sign * (right.scale / scale))
    y = left.x + right.x if sign > 0 else left.x - right.x
    codes = run.on_codes(op, left, right)
    finish_act(run, op, y, ratio if codes else None, act)


def add_to_sums(run, op, y, sums, residual, act):
    """N7 without a point between: accumulator and residual meet in f32."""
    def ratio(quantizer):
        scale = quantizer.grid()[0].detach()
        return sums.over(quantizer) + residual.steps() * (residual.scale / scale)
    finish_act(run, op, y + residual.x, ratio if sums is not None else None, act)


def finish_act(run, op, y, ratio, act):
    if act is None or act.is_clamp:
        run.finish(op, y, ratio, act)
    else:
        run.finish(op, act(y))
