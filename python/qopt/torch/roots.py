"""Convolutions and linear layers with all that is fused into them: N4 to N7, N10, N16."""
import torch
import torch.nn.functional as F

from . import acts, fast
from .engine import Val
from .functions import (INFINITY, Conv, DynamicPoint, Exact, ExactDynamic, Linear, along, arguments,
                        by_group)
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
    if op.dynamic and run.updating(op) is not None and \
            run.owner.quantizer(weight_of_fold(run, op)[0].attrs["qparams"]).quantizing:
        x = Val(DynamicPoint.apply(x.x)[0])
    if run.updating(op) is None:
        y, sums = multiply(run, op, layer, x, residual)
        epilogue(run, op, Val(y), sums, residual, act)
    else:
        y, act = train_batch_norm(run, op, layer, x, act)
        epilogue(run, op, y, None, residual, act)


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
        if x.q is not None and bias is not None and quantizer.quantizing and not op.dynamic:
            floor_scale(quantizer, bias, x.scale)
        weight = run.fake(weight, quantizer).x
    if op.dynamic and quantizer is not None and quantizer.quantizing:
        return multiply_dynamic(run, layer, x.x, weight, bias, quantizer), None
    sides = [x] + ([residual] if residual is not None else [])
    if quantizer is None or not quantizer.quantizing or not run.on_codes(op, *sides):
        return layer.forward(x.x, weight, bias), None
    sx, sw = x.scale, quantizer.grid()[0].detach()
    y, acc = Exact.apply(x.x, weight, bias, sx, sw, layer)
    return y, Sums(acc, sx * sw, layer.axis(acc))


def multiply_dynamic(run, layer, x, weight, bias, quantizer):
    """N17: the input gets the scale and zero point of its own range."""
    real, steps, scale = DynamicPoint.apply(x)
    if not run.exact:
        return layer.forward(real, weight, bias)
    return ExactDynamic.apply(real, steps, scale, weight, bias, quantizer.grid()[0].detach(), layer)


def floor_scale(quantizer, bias, sx):
    """N5: the weight's scale is large enough for the code of its bias."""
    with torch.no_grad():
        least = bias.detach().abs() / (sx * BIAS_LIMIT)
        least = least if quantizer.axis is not None else least.max().reshape(1)
        torch.maximum(quantizer.scale, least, out=quantizer.scale.data)


def train_batch_norm(run, op, layer, x, act):
    """The op and its batch-norm by batch statistics, with `act` where that is a clamp behind it: weights
    folded by the running statistics, then fake-quantized; the statistics are those of y / g,
    g = gamma / sigma (N16). A Val."""
    fold = run.updating(op)
    weight, bias, gamma, beta, mean, var = (None if o is None else run.value(o).x for o in fold.parts)
    _, quantizer = weight_of_fold(run, op)
    g = gamma / torch.sqrt(var + fold.eps)
    small = g.detach().abs() < LEAST_FACTOR
    tiny = bool(small.any())
    if quantizer is not None and x.q is not None:
        shift = beta + ((0 if bias is None else bias) - mean) * g
        folded = folded_weight(run, fold, quantizer, weight, g, shift.detach(), x.scale)
    else:
        folded = folded_weight(run, fold, quantizer, weight, g)
    y = layer.forward(x.x, folded)
    momentum = run.owner.step_momentum(fold)
    if not tiny and y.ndim in (2, 4) and layer.axis(y) == 1 and fast.kernels(y) is not None:
        return fast_norm(run, op, y, (gamma, beta, g, bias), (mean, var, momentum, fold.eps), act)
    z = y / along(torch.where(small, torch.ones_like(g), g), y, layer.axis(y))
    if tiny:
        z = torch.where(along(small, y, layer.axis(y)), layer.forward(x.x, weight), z)
    if bias is not None:
        z = z + along(bias, z, layer.axis(z))
    turn = (lambda t: t.transpose(1, -1)) if layer.axis(z) != 1 else (lambda t: t)
    return Val(turn(F.batch_norm(turn(z), mean, var, gamma, beta, True, momentum, fold.eps))), act


def folded_weight(run, fold, quantizer, weight, g, shift=None, sx=None):
    """fake_quant(weight * g), observed; with the folded bias `shift` the scale obeys N5."""
    core = fast.kernels(weight)
    simple = quantizer is not None and core is not None and fold.axis == 0 and \
        quantizer.axis in (None, 0) and fast.is_dense(weight)
    folded = None
    if quantizer is not None and quantizer.wants(run.training):
        if simple:
            quantizer.observe(*fast.weight_extremes(core, weight.detach(), g.detach(), quantizer.axis))
        else:
            folded = weight * by_group(g, weight, fold.axis, fold.groups)
            run.observe(quantizer, folded)
    if shift is not None:
        floor_scale(quantizer, shift, sx)
    if simple and quantizer.quantizing:
        quantizer.check_known()
        scale, zero, grad_scale = arguments(quantizer, weight)
        return fast.Weight.apply(weight, g, scale, zero, quantizer, grad_scale)
    folded = weight * by_group(g, weight, fold.axis, fold.groups) if folded is None else folded
    return folded if quantizer is None else run.fake(folded, quantizer).x


def fast_norm(run, op, y, tensors, statistics, act):
    """Batch-norm, clamp and the next point in one function: (Val, act that is left to do)."""
    gamma, beta, g, bias = tensors
    mid = op.attrs.get("mid")
    quantizer = run.owner.quantizer(mid) if mid is not None else run.target(op)
    ahead = mid is None and "residual" not in op.roles and (act is None or act.is_clamp)
    if mid is None and not ahead:
        quantizer = None
    learns = quantizer is not None and (quantizer.learns_scale or quantizer.learns_zero_point)
    inner = quantizer if quantizer is not None and quantizer.quantizing and not learns and \
        not run.graph_shares(quantizer) else None
    clamp = act if ahead and inner is not None else None
    observes = inner is not None and inner.wants(run.training)
    settings = fast.Settings(*statistics, clamp, inner, observes)
    out = fast.Norm.apply(fast.dense(y), gamma, beta, g, bias, settings)
    return Val(out, inner), (None if clamp is not None else act)


def weight_of_fold(run, op):
    maker = run.graph.maker[op.operand("weight")]
    symbol = maker.attrs.get("qparams")
    return maker, run.owner.quantizer(symbol) if symbol else None


def epilogue(run, op, y, sums, residual, act):
    """mid, residual and activation, then the result's point. A y that has a Quantizer is through its
    first point already."""
    mid = op.attrs.get("mid")
    if mid is not None:
        middle = y if y.q is not None else through_mid(run, run.owner.quantizer(mid), y.x, sums)
        if residual is not None:
            add(run, op, middle, residual, act)
        else:
            tabulate(run, op, middle, act, act.at)
    elif y.q is not None:
        run.settle(op, 0, y)
    elif residual is not None:
        add_to_sums(run, op, y.x, sums, residual, act)
    elif act is not None and not act.is_clamp:
        run.finish(op, act(y.x))
    else:
        run.finish(op, y.x, None if sums is None else sums.over, act)


def through_mid(run, quantizer, y, sums):
    run.observe(quantizer, y)
    ratio = sums.over(quantizer) if sums is not None and quantizer.quantizing else None
    return run.fake(y, quantizer, ratio)


def add(run, op, left, right, act, sign=1):
    """N8: sum (or difference) of two values on codes."""
    def ratio(quantizer):
        scale = quantizer.grid()[0].detach()
        return left.steps() * (left.scale / scale) + right.steps() * (sign * (right.scale / scale))
    codes = run.on_codes(op, left, right)
    if not codes and sign > 0 and fast_add(run, op, left, right, act):
        return
    y = left.x + right.x if sign > 0 else left.x - right.x
    finish_act(run, op, y, ratio if codes else None, act)


def fast_add(run, op, left, right, act):
    """The sum through its point in one function, where that is possible."""
    quantizer = run.target(op)
    if quantizer is None or not quantizer.quantizing or quantizer.learns_scale or \
            (act is not None and not act.is_clamp) or left.x.shape != right.x.shape or \
            fast.kernels(left.x) is None or run.graph_shares(quantizer):
        return False
    x = fast.dense(left.x)
    other = right.x if right.x.stride() == x.stride() else torch.empty_like(x).copy_(right.x)
    low, high = (act.low, act.high) if act else (-INFINITY, INFINITY)
    out = fast.AddPoint.apply(x, other, quantizer, low, high, quantizer.wants(run.training))
    run.settle(op, 0, Val(out, quantizer))
    return True


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
