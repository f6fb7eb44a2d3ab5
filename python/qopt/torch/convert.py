"""From a prepared module to an int8 program."""
import os
import warnings

import numpy as np
import torch
from torch.utils import _pytree as pytree

from . import native
from .errors import QoptWarning, TorchError
from .export import as_arguments


class Program:
    """An int8 program that takes and returns what the model did, as tensors or numpy arrays.

    program -- the qopt.Program beneath it (inputs and outputs by name); module -- the converted
    qopt.Module, which `save` to a .mlir writes as text.
    """

    def __init__(self, program, module, in_spec, out_spec, leaves, names):
        self.program, self.module = program, module
        self.in_spec, self.out_spec, self.leaves, self.names = in_spec, out_spec, leaves, names

    def __call__(self, *args, **kwargs):
        """Runs it; tensors give tensors (on their device), arrays give arrays.

        Errors: TorchError for another structure than the example inputs, qopt.ProgramError for
        shapes and types.
        """
        leaves, spec = pytree.tree_flatten((args, kwargs))
        if spec != self.in_spec:
            raise TorchError(f"the call has another structure than the example inputs: {spec}, expected "
                             f"{self.in_spec}")
        given = [leaf for leaf, kept in zip(leaves, self.leaves) if kept]
        device = next((t.device for t in given if isinstance(t, torch.Tensor)), None)
        arrays = {name: t.detach().cpu().numpy() if isinstance(t, torch.Tensor) else np.asarray(t)
                  for name, t in zip(self.names, given)}
        results = list(self.program.run(arrays).values())
        if device is not None:
            results = [torch.from_numpy(r).to(device) for r in results]
        return pytree.tree_unflatten(results, self.out_spec)

    def save(self, path):
        """Writes a shared library for qopt.load and C, or the module for .mlir and .mlirbc."""
        path = os.fspath(path)
        return self.module.save(path) if path.endswith((".mlir", ".mlirbc")) else self.program.save(path)


def trained_module(prepared):
    """A copy of the native module with the parameters, scales and zero points of a prepared one."""
    module = native.trained(prepared.source.module, prepared.tensors())
    for symbol, quantizer in prepared.points().items():
        scale, zero = quantizer.grid()
        module.set_qparams(symbol, scale.detach().tolist(), zero.tolist())
    return module


def converted(prepared):
    """The converted qopt.Module of a prepared module in its present state."""
    for quantizer in prepared.points().values():
        quantizer.check_known()
    warn_unused_batch_norms(prepared)
    module = trained_module(prepared)
    native.tell(module.run(native.SETTLE))
    native.tell(module.run(native.CONVERT))
    return module


def convert(prepared, example_inputs, isas=("native",), threads=1):
    """Compiles a prepared module; see qopt.torch.convert."""
    from qopt import Program as Compiled
    args, kwargs = as_arguments(example_inputs)
    prepared.check_inputs(args, kwargs)
    module = converted(prepared)
    program = Compiled.compile(module, isas=isas, threads=threads)
    return Program(program, module, prepared.in_spec, prepared.out_spec, prepared.leaves,
                   [name for name, _ in prepared.graph.inputs])


def warn_unused_batch_norms(prepared):
    """A batch-norm that no batch went through holds its initial statistics."""
    unused = [name.removesuffix(".num_batches_tracked") for name, buffer in prepared.named_buffers()
              if name.endswith("num_batches_tracked") and int(buffer) == 0]
    if unused:
        warnings.warn(f"batch-norm '{unused[0]}' (of {len(unused)}) was never run: its statistics are "
                      "still mean 0 and variance 1; train the model, or run batches in train() mode",
                      QoptWarning, stacklevel=4)
