"""The training step on the CPU through the native kernels (include/qopt-c/Train.h).

The same functions as in functions.py and roots.py where there is no code contract (training with batch
statistics), in one or two passes over memory: batch-norm, residual, activation, observer and fake_quant
between two convolutions, and the fold and fake_quant of a weight. Gradients are those of the definitions
there; tests compare the two.
"""
import torch

INFINITY = float("inf")


def kernels(tensor):
    """The native module where it can work on this tensor, else None."""
    if tensor.device.type != "cpu" or tensor.dtype != torch.float32:
        return None
    try:
        from qopt import _core
    except ImportError:
        return None
    return _core if hasattr(_core, "masked_affine") else None


def threads():
    return torch.get_num_threads()


def is_dense(x):
    """Whether memory is x in NCHW or NHWC, without gaps."""
    return x.is_contiguous() or (x.ndim == 4 and
                                 x.is_contiguous(memory_format=torch.channels_last))


def dense(x):
    """x in a layout that one extent describes: NCHW or NHWC."""
    return x if is_dense(x) else x.contiguous()


def extent(x):
    """(outer, channels, inner) around axis 1 of a dense activation."""
    if x.ndim == 4 and not x.is_contiguous():
        return (x.numel() // x.shape[1], x.shape[1], 1)
    inner = x.numel() // (x.shape[0] * x.shape[1]) if x.ndim > 1 else 1
    return (x.shape[0], x.shape[1] if x.ndim > 1 else x.numel(), inner)


def whole(x):
    return (1, 1, x.numel())


def matched(g, x):
    """A gradient in the memory layout of x."""
    if g.stride() == x.stride():
        return g
    return torch.empty_like(x, dtype=g.dtype).copy_(g)


def grid_of(core, scale, zero, quantizer):
    return core.Grid(scale.tolist(), zero.tolist(), quantizer.qmin, quantizer.qmax)


def address(x):
    return 0 if x is None else x.data_ptr()


def mask_like(x):
    return torch.empty_like(x, dtype=torch.uint8)


class FastPoint(torch.autograd.Function):
    """functions.Point by N2, per tensor or per channel of axis 0."""

    @staticmethod
    def forward(ctx, x, scale, zero, quantizer, low, high, grad_scale):
        core = kernels(x)
        if (low, high) != (-INFINITY, INFINITY):
            x = x.clamp(low, high)  # the kernel takes bounds for the gradient only
        shape = whole(x) if quantizer.axis is None else (1, x.shape[0], x[0].numel())
        grid = grid_of(core, scale.detach(), zero.detach().int(), quantizer)
        out, mask = torch.empty_like(x), mask_like(x)
        core.fake_quant(address(x), shape, grid, address(out), address(mask), low, high, threads())
        learned = grad_scale is not None
        ctx.save_for_backward(mask, x if learned else None)
        ctx.rest = (core, shape, grid, grad_scale)
        return out

    @staticmethod
    def backward(ctx, g):
        mask, x = ctx.saved_tensors
        core, shape, grid, grad_scale = ctx.rest
        g = matched(g, mask)
        gx, ds, dz = torch.empty_like(g), None, None
        if grad_scale is not None:
            ds, dz = (torch.tensor(v) for v in core.lsq_backward(
                address(g), address(x), shape, grid, grad_scale, 0, threads()))
        core.fake_quant_backward(address(g), address(mask), g.numel(), address(gx), threads())
        return gx, ds, dz, None, None, None, None


class Norm(torch.autograd.Function):
    """Batch-norm by the statistics of y / factor, activation, observer and fake_quant (N16, N11).

    Settings: buffers of the running statistics, momentum, eps, the convolution's bias, the clamp's bounds
    and the Quantizer (None: the float value stays).
    """

    @staticmethod
    def forward(ctx, y, gamma, beta, factor, bias, settings):
        core = kernels(y)
        shape, channels = extent(y), y.shape[1]
        count = y.numel() // channels
        mean, var = (torch.empty(channels, dtype=torch.float64) for _ in range(2))
        least, greatest = (torch.empty(channels) for _ in range(2))
        core.channel_stats(address(y), shape, address(mean), address(var), address(least),
                           address(greatest), threads())
        f = factor.double()
        inverse = torch.rsqrt(var + settings.eps * f * f)
        settings.follow(mean / f, var / (f * f), count, bias)
        a64 = gamma.double() * torch.sign(f) * inverse
        a, b = a64.float(), (beta.double() - a64 * mean).float()
        low, high = settings.low, settings.high
        quantizer = settings.quantizer
        if quantizer is not None and settings.observes:
            ends = torch.stack([least * a + b, greatest * a + b]).clamp(low, high)
            quantizer.observe(ends.min().reshape(1), ends.max().reshape(1))
        out = torch.empty_like(y)
        mask = None
        if quantizer is not None:
            quantizer.check_known()
            scale, zero = quantizer.grid()
            grid, mask = grid_of(core, scale.detach(), zero, quantizer), mask_like(y)
            core.affine_fake_quant(address(y), 0, shape, address(a), address(b), low, high, grid,
                                   address(out), address(mask), threads())
        else:
            core.affine(address(y), 0, shape, address(a), address(b), low, high, address(out),
                        threads())
            mask = ((out > low) & (out < high)).to(torch.uint8)
        ctx.save_for_backward(y, mask, mean, inverse, a64, f)
        ctx.rest = (core, shape, count, settings.eps, bias)
        return out

    @staticmethod
    def backward(ctx, g):
        y, mask, mean, inverse, a64, f = ctx.saved_tensors
        core, shape, count, eps, bias = ctx.rest
        g = matched(g, y)
        total, dot = torch.empty_like(mean), torch.empty_like(mean)
        core.masked_sums(address(g), address(mask), address(y), address(mean), shape, address(total),
                         address(dot), threads())
        q = -a64 * inverse * inverse * dot / count
        r = -a64 * total / count - q * mean
        gy = torch.empty_like(y)
        p, q, r = a64.float(), q.float(), r.float()
        core.masked_affine(address(g), address(mask), address(y), shape, address(p), address(q),
                           address(r), address(gy), 0, threads())
        ggamma = (torch.sign(f) * inverse * dot).float()
        gfactor = (-a64 * dot * eps * f * inverse * inverse).float()
        # The batch mean takes a bias out again: its gradient is zero, and there (DDP waits for it).
        gbias = None if bias is None else torch.zeros_like(bias)
        return gy, ggamma, total.float(), gfactor, gbias, None


class Settings:
    """What Norm needs besides tensors that have gradients."""

    def __init__(self, mean, var, momentum, eps, act, quantizer, observes):
        self.mean, self.var, self.momentum, self.eps = mean, var, momentum, eps
        self.low, self.high = (act.low, act.high) if act else (-INFINITY, INFINITY)
        self.quantizer, self.observes = quantizer, observes

    def follow(self, mean, var, count, bias):
        """Moves the running statistics by those of a batch."""
        with torch.no_grad():
            shift = mean.float() if bias is None else mean.float() + bias
            self.mean.lerp_(shift, self.momentum)
            self.var.lerp_((var * (count / max(count - 1, 1))).float(), self.momentum)


class AddPoint(torch.autograd.Function):
    """Sum of two values, a clamp, observer and fake_quant."""

    @staticmethod
    def forward(ctx, left, right, quantizer, low, high, observes):
        core = kernels(left)
        shape = whole(left)
        one, nothing = torch.ones(1), torch.zeros(1)
        out, mask = torch.empty_like(left), mask_like(left)
        call = (address(left), address(right), shape, address(one), address(nothing), low, high)
        if observes:
            ends = core.affine(*call, address(out), threads())
            quantizer.observe(*(torch.tensor([e]) for e in ends))
        quantizer.check_known()
        scale, zero = quantizer.grid()
        grid = grid_of(core, scale.detach(), zero, quantizer)
        if observes:
            core.fake_quant(address(out), shape, grid, address(out), address(mask), low, high,
                            threads())
        else:
            core.affine_fake_quant(*call, grid, address(out), address(mask), threads())
        ctx.save_for_backward(mask)
        ctx.core = core
        return out

    @staticmethod
    def backward(ctx, g):
        mask, = ctx.saved_tensors
        g = matched(g, mask)
        gx = torch.empty_like(g)
        ctx.core.fake_quant_backward(address(g), address(mask), g.numel(), address(gx), threads())
        return gx, gx, None, None, None, None


class Weight(torch.autograd.Function):
    """fake_quant(weight * factor[c]) for a weight with its channels on axis 0 (N16, N11)."""

    @staticmethod
    def forward(ctx, weight, factor, scale, zero, quantizer, grad_scale):
        core = kernels(weight)
        shape = (1, weight.shape[0], weight[0].numel())
        grid = grid_of(core, scale.detach(), zero.detach().int(), quantizer)
        out, mask, nothing = torch.empty_like(weight), mask_like(weight), torch.zeros_like(factor)
        learned = grad_scale is not None
        core.affine(address(weight), 0, shape, address(factor), address(nothing), -INFINITY, INFINITY,
                    address(out), threads())
        folded = out.clone() if learned else None
        ways = shape if quantizer.axis is not None else whole(weight)
        core.fake_quant(address(out), ways, grid, address(out), address(mask), -INFINITY, INFINITY,
                        threads())
        ctx.save_for_backward(weight, factor, mask, folded)
        ctx.rest = (core, shape, ways, grid, grad_scale)
        return out

    @staticmethod
    def backward(ctx, g):
        weight, factor, mask, folded = ctx.saved_tensors
        core, shape, ways, grid, grad_scale = ctx.rest
        g = matched(g, weight)
        ds = dz = None
        if grad_scale is not None:
            ds, dz = (torch.tensor(v) for v in core.lsq_backward(
                address(g), address(folded), ways, grid, grad_scale, 0, threads()))
        zeros = torch.zeros(len(factor), dtype=torch.float64)
        total, dot = torch.empty_like(zeros), torch.empty_like(zeros)
        core.masked_sums(address(g), address(mask), address(weight), address(zeros), shape,
                         address(total), address(dot), threads())
        gw, nothing = torch.empty_like(weight), torch.zeros_like(factor)
        core.masked_affine(address(g), address(mask), address(weight), shape, address(factor),
                           address(nothing), address(nothing), address(gw), 0, threads())
        return gw, dot.float(), ds, dz, None, None


def weight_extremes(core, weight, factor, axis):
    """(least, greatest) of weight * factor per channel of axis 0, or of all (axis None)."""
    shape = (1, weight.shape[0], weight[0].numel())
    low, high = (torch.tensor(v) for v in core.observe(address(weight), shape, True, threads()))
    ends = torch.stack([low * factor, high * factor])
    low, high = ends.amin(0), ends.amax(0)
    return (low, high) if axis is not None else (low.min().reshape(1), high.max().reshape(1))
