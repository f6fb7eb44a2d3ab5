"""Calibration of a prepared module by the native stage."""
import numpy as np
import torch
from torch.utils import _pytree as pytree

from . import native
from .errors import TorchError
from .export import as_arguments


def calibrate(prepared, data, progress):
    """Runs `data` through the native module with the present weights; see qopt.torch.calibrate."""
    from qopt import calibrate as run
    module = native.trained(prepared.source.module, prepared.tensors())
    if isinstance(data, (torch.Tensor, np.ndarray)):
        data = [data]
    if data is None:
        native.tell(module.run(native.CALIBRATE))
    else:
        native.tell(run(module, (batch_of(prepared, batch) for batch in data), progress))
    for symbol, entry in module.graph()["qparams"].items():
        point = prepared.quantizer(symbol)
        point.set_grid(entry["scales"], entry["zero_points"])
        point.derived = entry.get("derived_from") is not None
    return prepared


def batch_of(prepared, batch):
    """{input name: f32 array} of one batch, given as the model's arguments or by input names."""
    names = [name for name, _ in prepared.graph.inputs]
    if isinstance(batch, dict) and set(batch) == set(names):
        given = [batch[name] for name in names]
    else:
        if isinstance(batch, np.ndarray):
            batch = torch.from_numpy(batch)
        leaves, spec = pytree.tree_flatten(as_arguments(batch))
        if spec != prepared.in_spec:
            raise TorchError(f"a batch has another structure than the example inputs: {spec}, expected "
                             f"{prepared.in_spec}; pass only the inputs, without labels")
        given = [leaf for leaf, kept in zip(leaves, prepared.leaves) if kept]
    return {name: t.detach().cpu().numpy() if isinstance(t, torch.Tensor) else np.asarray(t)
            for name, t in zip(names, given)}
