"""What torch.export would erase: stubs and FloatFunctional calls as custom ops of their own.

A model written for eager mode marks where codes begin and end (QuantStub, DeQuantStub) and names
its functional ops (FloatFunctional). On export the stubs are identities and vanish, and
mul_scalar becomes a product of tensors. Inside `marked(model)` their methods call the custom ops
below, which torch.export keeps, with the module path that a configuration may name. The
classes are put back on leaving; the model itself is not touched.
"""
import contextlib

import torch
from torch.ao.nn.quantized import FloatFunctional, QFunctional
from torch.ao.quantization import DeQuantStub, QuantStub

Tensor = torch.Tensor
NAMESPACE = "qopt"


def _define(name, signature, compute):
    """A custom op whose result never aliases an operand, as torch.export demands."""
    torch.library.define(f"{NAMESPACE}::{name}", signature)
    torch.library.impl(f"{NAMESPACE}::{name}", "CompositeExplicitAutograd", compute)
    torch.library.register_fake(f"{NAMESPACE}::{name}", compute)


_define("quant_stub", "(Tensor x, str path) -> Tensor", lambda x, path: x.clone())
_define("dequant_stub", "(Tensor x, str path) -> Tensor", lambda x, path: x.clone())
_define("add", "(Tensor x, Tensor y, str path) -> Tensor", lambda x, y, path: x + y)
_define("mul", "(Tensor x, Tensor y, str path) -> Tensor", lambda x, y, path: x * y)
_define("matmul", "(Tensor x, Tensor y, str path) -> Tensor", lambda x, y, path: x @ y)
_define("add_relu", "(Tensor x, Tensor y, str path) -> Tensor",
        lambda x, y, path: torch.relu(x + y))
_define("add_scalar", "(Tensor x, float c, str path) -> Tensor", lambda x, c, path: x + c)
_define("mul_scalar", "(Tensor x, float c, str path) -> Tensor", lambda x, c, path: x * c)
_define("cat", "(Tensor[] xs, int dim, str path) -> Tensor",
        lambda xs, dim, path: torch.cat(xs, dim))


def _patches():
    """(class, method, replacement) for every call that must stay visible."""
    ops = torch.ops.qopt
    path = lambda module: getattr(module, "_qopt_path", "")
    two = lambda op: lambda self, x, y: op(x, y, path(self))
    rows = [(QuantStub, "forward", lambda self, x: ops.quant_stub(x, path(self))),
            (DeQuantStub, "forward", lambda self, x: ops.dequant_stub(x, path(self)))]
    for cls in (FloatFunctional, QFunctional):
        rows += [(cls, name, two(getattr(ops, name)))
                 for name in ("add", "mul", "matmul", "add_relu")]
        rows += [(cls, name, lambda self, x, c, op=getattr(ops, name): op(x, float(c), path(self)))
                 for name in ("add_scalar", "mul_scalar")]
        rows.append((cls, "cat", lambda self, xs, dim=0: ops.cat(list(xs), dim, path(self))))
    return rows


@contextlib.contextmanager
def marked(model):
    """Within it, stubs and FloatFunctional calls of `model` are custom ops that carry their path."""
    kinds = (QuantStub, DeQuantStub, FloatFunctional, QFunctional)
    owners = [(path, module) for path, module in model.named_modules() if isinstance(module, kinds)]
    kept = [(cls, name, cls.__dict__[name]) for cls, name, _ in _patches()] if owners else []
    try:
        for path, module in owners:
            module._qopt_path = path
        if owners:
            for cls, name, replacement in _patches():
                setattr(cls, name, replacement)
        yield
    finally:
        for cls, name, original in kept:
            setattr(cls, name, original)
        for _, module in owners:
            del module._qopt_path
