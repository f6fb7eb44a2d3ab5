"""Forward and gradient of the quantized ops, written from docs/Numerics.md in torch ops.

This is the one second implementation of the arithmetic: exact, on any device, and without code in
common with convert or the kernels, so that a difference between the two shows. Integers are
held in f64.
"""
import torch
import torch.nn.functional as F

from . import fast

INFINITY = float("inf")


def along(parameter, x, axis):
    """One number per channel, shaped to broadcast against x."""
    if axis is None or parameter.numel() == 1:
        return parameter
    shape = [1] * x.ndim
    shape[axis] = -1
    return parameter.view(shape)


def ones(like):
    """A division by it is one division: torch writes number / tensor as a product."""
    return torch.ones_like(like)


def recover(x, scale, axis=None):
    """q - z of dequantized values: the nearest integer to x / s, in f64."""
    return torch.round(x.double() / along(scale, x, axis).double())


class Point(torch.autograd.Function):
    """x^ = N3(code) of a value y behind an activation that clamps to [low, high] (N11).

    `ratio` is what N6 to N9 round, (code - z) before rounding; None stands for N2: clamp(y) / s. The
    clamp of an exact ratio is a narrower saturation (N6). Gradients: straight-through to y, and LSQ
    to scale and zero point where they are learned.
    """

    @staticmethod
    def forward(ctx, y, ratio, scale, zero, settings):
        axis, low, high, qmin, qmax, grad_scale = settings
        s, z = along(scale, y, axis), along(zero.to(y.dtype), y, axis)
        clamped = y.clamp(low, high) if (low, high) != (-INFINITY, INFINITY) else y
        exact = ratio is not None
        ratio = clamped / s if ratio is None else ratio
        steps = torch.nan_to_num(torch.round(ratio), nan=0.0, posinf=INFINITY, neginf=-INFINITY)
        bottom, top = qmin - z, qmax - z
        if exact and low != -INFINITY:
            bottom = torch.maximum(bottom, torch.minimum(torch.round(low * ones(s) / s), top))
        if exact and high != INFINITY:
            top = torch.minimum(top, torch.maximum(torch.round(high * ones(s) / s), bottom))
        steps = torch.minimum(torch.maximum(steps, bottom), top)
        ctx.settings = settings
        ctx.save_for_backward(y, s.detach().clone(), z)
        return steps * s

    @staticmethod
    def backward(ctx, g):
        y, s, z = ctx.saved_tensors
        axis, low, high, qmin, qmax, grad_scale = ctx.settings
        x = y.clamp(low, high)
        steps = torch.round(x / s) + z
        below, above = steps < qmin, steps > qmax
        inside = ~(below | above)
        gy = g * (inside & (y > low) & (y < high)) if (low, high) != (-INFINITY, INFINITY) \
            else g * inside
        if grad_scale is None:
            return gy, None, None, None, None
        total = lambda t: t.sum().reshape(1) if axis is None else t.sum(
            [d for d in range(t.ndim) if d != axis])
        step = torch.where(below, qmin - z, torch.where(above, qmax - z, steps - z - x / s))
        gs = total(g * step) * grad_scale
        gz = total(torch.where(inside, torch.zeros_like(g), -s * g)) * grad_scale
        return gy, None, gs.reshape(-1), gz.reshape(-1), None


def point(quantizer, y, ratio=None, low=-INFINITY, high=INFINITY):
    """Fake-quantizes y by a Quantizer; see Point."""
    scale, zero, grad_scale = arguments(quantizer, y)
    return Point.apply(y, ratio, scale, zero,
                       (quantizer.axis, low, high, quantizer.qmin, quantizer.qmax, grad_scale))


def fast_point(quantizer, y, low, high):
    """The same by N2 in the native kernels."""
    scale, zero, grad_scale = arguments(quantizer, y)
    return fast.FastPoint.apply(fast.dense(y), scale, zero, quantizer, low, high, grad_scale)


def arguments(quantizer, y):
    """(scale, zero point, factor of LSQ's gradients or None) of one use of a Quantizer."""
    scale, zero = quantizer.grid()
    if not (quantizer.learns_scale or quantizer.learns_zero_point):
        return scale, zero, None
    if quantizer.learns_zero_point:
        zero = RoundedZero.apply(quantizer.zero_point, quantizer.qmin, quantizer.qmax)
    shares = y.numel() / (scale.numel() if quantizer.axis is not None else 1)
    return scale, zero, quantizer.grad_scale(shares if quantizer.is_weight else shares / y.shape[0])


class RoundedZero(torch.autograd.Function):
    """sat(rne(z)), straight-through."""

    @staticmethod
    def forward(ctx, zero, qmin, qmax):
        return zero.round().clamp(qmin, qmax)

    @staticmethod
    def backward(ctx, g):
        return g, None, None


class Exact(torch.autograd.Function):
    """y = f32(acc) * (sx * sw[c]) with acc = bias + sum (qx - zx)(qw - zw), exact (N4, N5).

    Returns y and acc (as f32(acc), not differentiable). `layer` computes the linear part and its
    gradients. Gradients are those of y = layer(x, w) + b on the dequantized values.
    """

    @staticmethod
    def forward(ctx, x, w, b, sx, sw, layer):
        acc = layer.forward(recover(x, sx), recover(w, sw, layer.weight_axis))
        unit = sx * sw
        if b is not None:
            code = torch.round(b / unit).nan_to_num(nan=0.0).double()
            acc = acc + along(code.clamp(-2.0**31, 2.0**31 - 1), acc, layer.axis(acc))
        acc = acc.float()
        ctx.layer, ctx.has_bias = layer, b is not None
        ctx.save_for_backward(x, w)
        ctx.mark_non_differentiable(acc)
        return acc * along(unit, acc, layer.axis(acc)), acc

    @staticmethod
    def backward(ctx, g, _):
        x, w = ctx.saved_tensors
        gx, gw = ctx.layer.backward(g, x, w, ctx.needs_input_grad[:2])
        gb = g.sum([d for d in range(g.ndim) if d != ctx.layer.axis(g)]) if ctx.has_bias else None
        return gx, gw, gb, None, None, None


def dynamic_grid(x):
    """N17: (scale, zero point) of a tensor as a whole, in f32."""
    finite = torch.where(torch.isfinite(x), x, torch.zeros_like(x))
    low, high = finite.amin().clamp(max=0), finite.amax().clamp(min=0)
    reach = (high - low).clamp(max=torch.finfo(torch.float32).max)
    scale = reach / torch.full_like(reach, 255.0)
    found = scale > 0
    scale = torch.where(found, scale, torch.ones_like(scale))
    zero = torch.where(found, -torch.round(low / scale), torch.zeros_like(scale))
    return scale, zero.clamp(0, 255)


class DynamicPoint(torch.autograd.Function):
    """x quantized and dequantized with the scale and zero point of its own range (N17): the codes less
    the zero point, and what they stand for. Straight-through to x."""

    @staticmethod
    def forward(ctx, x):
        scale, zero = dynamic_grid(x)
        steps = torch.nan_to_num(torch.round(x / scale), nan=0.0, posinf=INFINITY, neginf=-INFINITY)
        steps = torch.minimum(torch.maximum(steps, -zero), 255 - zero)
        ctx.mark_non_differentiable(steps, scale)
        return steps * scale, steps, scale

    @staticmethod
    def backward(ctx, g, _, __):
        return g


class ExactDynamic(torch.autograd.Function):
    """y = f32(acc) * (sx * sw[c]) + bias, acc = sum (qx - zx)(qw - zw) exact (N17). Gradients are those
    of y = layer(x, w) + b on the dequantized values x and w; `steps` are x's codes less the zero point."""

    @staticmethod
    def forward(ctx, x, steps, sx, w, b, sw, layer):
        acc = layer.forward(steps.double(), recover(w, sw, layer.weight_axis)).float()
        y = acc * along(sx * sw, acc, layer.axis(acc))
        ctx.layer, ctx.has_bias = layer, b is not None
        ctx.save_for_backward(x, w)
        return y if b is None else y + along(b, y, layer.axis(y))

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        gx, gw = ctx.layer.backward(g, x, w, (ctx.needs_input_grad[0], ctx.needs_input_grad[3]))
        gb = g.sum([d for d in range(g.ndim) if d != ctx.layer.axis(g)]) if ctx.has_bias else None
        return gx, None, None, gw, gb, None, None


class Conv:
    """The linear part of nn.conv2d and nn.conv_transpose2d."""

    weight_axis = 0

    def __init__(self, stride, padding, dilation, groups, output_padding=None):
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.output_padding = output_padding
        self.transposed = output_padding is not None
        self.sides = None
        if padding[:2] != padding[2:]:
            top, left, bottom, right = padding
            self.sides, self.padding = [left, right, top, bottom], [0, 0]
        else:
            self.padding = padding[:2]
        if self.transposed:
            self.weight_axis = 1

    def axis(self, y):
        return 1

    def padded(self, x):
        """Uneven padding is written out (a dequantized 0 is the code zx)."""
        return F.pad(x, self.sides) if self.sides and not self.transposed else x

    def forward(self, x, w, b=None):
        if self.transposed:
            return F.conv_transpose2d(x, w, b, self.stride, self.padding, self.output_padding,
                                      self.groups, self.dilation)
        return F.conv2d(x, w, b, self.stride, self.padding, self.dilation, self.groups)

    def backward(self, g, x, w, needs):
        gx, gw, _ = torch.ops.aten.convolution_backward(
            g, x, w, None, self.stride, self.padding, self.dilation, self.transposed,
            self.output_padding or [0, 0], self.groups, [*needs, False])
        return gx, gw


class Linear:
    """The linear part of nn.linear."""

    weight_axis = 0

    def axis(self, y):
        return y.ndim - 1

    def padded(self, x):
        return x

    def forward(self, x, w, b=None):
        return F.linear(x, w, b)

    def backward(self, g, x, w, needs):
        gx = g @ w if needs[0] else None
        gw = g.flatten(0, -2).t() @ x.flatten(0, -2) if needs[1] else None
        return gx, gw


def by_group(factor, weight, axis, groups):
    """One number per output channel, shaped to multiply a weight: where the channel axis lies inside
    groups (conv_transpose2d), each group of input channels takes the numbers of its own outputs."""
    if groups == 1 or axis == 0:
        return along(factor, weight, axis)
    spread = factor.view(groups, -1).repeat_interleave(weight.shape[0] // groups, 0)
    return spread.view(*spread.shape, *[1] * (weight.ndim - 2))


def fold_batch_norm(weight, bias, gamma, beta, mean, var, eps, axis=0, groups=1):
    """N16: (w', b'), in f64 from the f32 inputs, each rounded once. Differentiable."""
    g = gamma.double() / torch.sqrt(var.double() + eps)
    folded = (weight.double() * by_group(g, weight, axis, groups)).float()
    shift = beta.double() + ((0 if bias is None else bias.double()) - mean.double()) * g
    return folded, shift.float()
