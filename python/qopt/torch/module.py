"""The prepared module: a torch.nn.Module that runs the prepared graph.

Parameters and buffers have the names of the model they came from; the observers' state lies beside
them under `qopt_points`. What was simulated is what runs: see engine.py and N12.
"""
import warnings

import torch
from torch import nn
from torch.utils import _pytree as pytree

from . import native
from .engine import Run
from .errors import QoptWarning, TorchError
from .graph import POINTS, Graph
from .oprows import ROWS
from .quantizer import Quantizer

POINTS_NAME = "qopt_points"
PULLS = 10  # gradients without a change before a learned scale is reported


class Fold:
    """Ids of a qopt.fold_batch_norm's operands (weight, bias or None, gamma, beta, mean, var)."""

    def __init__(self, op, mean):
        self.parts = [op.operand(role) for role in ("weight", "bias", "gamma", "beta", "mean", "var")]
        self.eps, self.mean = op.attrs["eps"], mean
        self.axis, self.groups = op.attrs["axis"], op.attrs["groups"]
        self.frozen = op.attrs.get("policy") == "freeze"


class Source:
    """The native module behind a prepared one; copies and pickles through bytecode."""

    def __init__(self, module):
        self.module = module

    def __deepcopy__(self, memo):
        return Source(self.module.clone())

    def __getstate__(self):
        return bytes(self.module.bytecode())

    def __setstate__(self, state):
        from qopt import Module
        self.module = Module.parse(state)


class PreparedModule(nn.Module):
    """Made by qopt.torch.prepare_qat and prepare; call it as the model.

    In train() mode observers watch, batch-norm follows the batches (until freeze_bn) and dropout acts;
    in eval() mode the codes are those of the converted program. Raises TorchError for inputs of another
    structure, device, type or shape, for NaN, and for points that no data has reached.
    """

    def __init__(self, imported, model, config, target):
        super().__init__()
        prepared = native.prepared(imported.module, config, target)
        self.source, self.graph, self.rows = Source(prepared), Graph(prepared.graph()), ROWS
        exported = imported.exported
        self.in_spec, self.out_spec = exported.in_spec, exported.out_spec
        self.leaves = exported.leaves
        self.dropouts, self.momentum = imported.dropouts, imported.momentum
        self.frozen = False
        self._own_names = mirror(self, model)
        self._add_points()
        self.folds = find_folds(self.graph)
        self.places = {op.attrs["name"]: self._place(prepared, op.attrs["name"])
                       for op in self.graph.ops if op.kind == "nn.parameter"}
        self._keep_out_of_broadcast()

    # ---- structure ----

    def _add_points(self):
        points, sizes, weights = nn.Module(), {}, set()
        for op in self.graph.ops:
            if op.kind in POINTS:
                symbol, axis = op.attrs["qparams"], self.graph.qparams[op.attrs["qparams"]].get("axis")
                sizes[symbol] = op.shapes[0][axis] if axis is not None else 1
                if op.operands[0] in self.graph.constants and any(
                        "weight" in r.roles and r.operand("weight") == op.results[0]
                        for r in self.graph.readers.get(op.results[0], [])):
                    weights.add(symbol)
        for symbol, entry in self.graph.qparams.items():
            per_channel = entry["granularity"] == "per_channel"
            quantizer = Quantizer(symbol, entry, sizes.get(symbol, 1) if per_channel else 1)
            quantizer.is_weight = symbol in weights
            points.add_module(symbol.replace(".", "/"), quantizer)
            for parameter in quantizer.parameters():
                parameter.register_post_accumulate_grad_hook(Pull(quantizer))
        self.add_module(POINTS_NAME, points)

    def _place(self, prepared, name):
        """(module, attribute) that hold a parameter of the graph; a copy that prepare made of a
        shared one leads to the original."""
        known = self._own_names
        base = name
        while base not in known and "." in base and base.rsplit(".", 1)[1].isdigit():
            base = base.rsplit(".", 1)[0]
        if base not in known:
            submodule(self, "qopt_constants").register_buffer(
                name.replace(".", "/"), torch.from_numpy(prepared.data(name).copy()))
            return ("qopt_constants", name.replace(".", "/"))
        path, _, leaf = base.rpartition(".")
        return (path, leaf)

    def _keep_out_of_broadcast(self):
        """Observers agree by a reduction of their own; DDP must not copy rank 0's over them."""
        self._ddp_params_and_buffers_to_ignore = [
            f"{POINTS_NAME}.{name}" for name, _ in getattr(self, POINTS_NAME).named_buffers()]

    def points(self):
        """{symbol: Quantizer}, in the order of the graph."""
        return {q.symbol: q for q in getattr(self, POINTS_NAME).children()}

    def quantizer(self, symbol):
        return getattr(self, POINTS_NAME)._modules[symbol.replace(".", "/")]

    def tensor(self, name):
        """The tensor of a parameter of the graph, as it is now."""
        path, leaf = self.places[name]
        holder = submodule(self, path)
        found = holder._parameters.get(leaf)
        return found if found is not None else holder._buffers[leaf]

    def tensors(self):
        """{name: tensor} of the graph's parameters, as they are now."""
        return {name: self.tensor(name) for name in self.places}

    # ---- batch-norm ----

    @property
    def updates_batch_norm(self):
        """Whether training follows batch statistics somewhere."""
        return not self.frozen and any(not f.frozen for f in self.folds.values())

    def step_momentum(self, fold):
        return self.step_momentum_of(fold.mean)

    def step_momentum_of(self, mean):
        """Counts a batch for a batch-norm and returns the share of the new statistics."""
        path, _ = self.places[mean]
        count = submodule(self, path)._buffers.get("num_batches_tracked")
        if count is not None:
            count.add_(1)
        momentum = self.momentum.get(mean, 0.1)
        return momentum if momentum is not None else 1.0 / max(int(count), 1)

    def get_extra_state(self):
        return {"frozen": self.frozen}

    def set_extra_state(self, state):
        self.frozen = state["frozen"]

    # ---- calls ----

    def forward(self, *args, **kwargs):
        inputs = self.check_inputs(args, kwargs)
        if self.training:
            self._report_idle()
        outputs = Run(self, inputs).outputs()
        for output in outputs:
            if output.requires_grad:
                output.register_hook(check_gradient)
        return pytree.tree_unflatten(outputs, self.out_spec)

    def values(self, *args, **kwargs):
        """[(name, f32 tensor, Quantizer or None)] of every value of one forward pass, in order."""
        seen = []
        Run(self, self.check_inputs(args, kwargs), seen).outputs()
        return [(name, value.x, value.q) for name, value in seen]

    def check_inputs(self, args, kwargs):
        """The network's tensors in order, checked."""
        leaves, spec = pytree.tree_flatten((args, kwargs))
        if spec != self.in_spec:
            raise TorchError(f"the call has another structure than the example inputs: {spec}, expected "
                             f"{self.in_spec}")
        inputs = [leaf for leaf, kept in zip(leaves, self.leaves) if kept]
        device = next((p.device for p in self.parameters()), torch.device("cpu"))
        for (name, _), tensor in zip(self.graph.inputs, inputs):
            shape = self.graph.input_shapes[name]
            if not isinstance(tensor, torch.Tensor) or tensor.dtype != torch.float32:
                raise TorchError(f"input '{name}' is {getattr(tensor, 'dtype', type(tensor).__name__)}, "
                                 "expected a tensor of torch.float32")
            if tensor.device != device:
                raise TorchError(f"input '{name}' is on {tensor.device}, the module on {device}; use "
                                 f"{name}.to({str(device)!r}) or move the module")
            if len(shape) != tensor.ndim or any(w not in (None, h)
                                                for w, h in zip(shape, tensor.shape)):
                wanted = ["batch" if s is None else s for s in shape]
                raise TorchError(f"input '{name}' has shape {list(tensor.shape)}, expected {wanted}")
        return inputs

    def _report_idle(self):
        """Warns once about a learned parameter that gradients reach and nothing changes."""
        for quantizer in self.points().values():
            pull = getattr(quantizer, "pull", None)
            if pull and pull.count >= PULLS and not quantizer.warned:
                quantizer.warned = True
                warnings.warn(
                    f"the learned scale of '{quantizer.symbol}' received {pull.count} gradients and "
                    "never changed; was the optimizer made before prepare_qat? Make it from "
                    "prepared.parameters()", QoptWarning, stacklevel=3)

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """As torch's, with errors that tell a float model's state from a prepared one's."""
        has_points = any(k.startswith(POINTS_NAME + ".") for k in state_dict)
        if strict and not has_points:
            raise TorchError(
                "this state dict has no observers (keys under 'qopt_points'): it is that of a float "
                "model. Load it into the model before prepare_qat, or with strict=False")
        try:
            return super().load_state_dict(state_dict, strict=strict, assign=assign)
        except RuntimeError as error:
            raise TorchError(f"the state dict does not fit this prepared module (same model, same "
                             f"configuration?): {error}") from error


class Pull:
    """Counts gradients of a learned parameter since its value last changed."""

    def __init__(self, quantizer):
        self.count, self.last, self.quantizer = 0, None, [quantizer]
        object.__setattr__(quantizer, "pull", self)

    def __call__(self, parameter):
        moved = self.last is None or not torch.equal(self.last, parameter.detach())
        if moved:
            self.count, self.last = 0, parameter.detach().clone()
        self.count += int(bool(parameter.grad is not None and parameter.grad.any()))


def check_gradient(gradient):
    """The gradient at an output: NaN there means a loss that is NaN."""
    if not torch.isfinite(gradient).all():
        raise TorchError("the gradient at the module's output is NaN or infinite: the loss is not "
                         "finite. The step was stopped before it could reach weights and scales; lower "
                         "the learning rate or look at the batch")


def mirror(target, model):
    """Gives `target` bare submodules that hold copies of the model's parameters and buffers under the
    same names; tied parameters stay tied. Returns the names."""
    copies, names = {}, set()
    for path, module in model.named_modules(remove_duplicate=False):
        holder, prefix = submodule(target, path), f"{path}." if path else ""
        for name, parameter in module._parameters.items():
            if parameter is not None and id(parameter) not in copies:
                copies[id(parameter)] = nn.Parameter(parameter.detach().clone(),
                                                     parameter.requires_grad)
            holder._parameters[name] = None if parameter is None else copies[id(parameter)]
            names.update([prefix + name] if parameter is not None else [])
        for name, buffer in module._buffers.items():
            holder._buffers[name] = None if buffer is None else buffer.detach().clone()
            names.update([prefix + name] if buffer is not None else [])
        holder._non_persistent_buffers_set |= module._non_persistent_buffers_set
    return names


def submodule(root, path):
    """The submodule at a dotted path, made of bare modules where it is missing. Reaches into the tables
    of nn.Module, so that no name of a model collides with one of this class."""
    for part in path.split(".") if path else []:
        if part not in root._modules:
            root._modules[part] = nn.Module()
        root = root._modules[part]
    return root


def find_folds(graph):
    """{result id of a root: the Fold behind its weight}."""
    found = {}
    for op in graph.ops:
        if "weight" not in op.roles:
            continue
        maker = graph.maker.get(op.operand("weight"))
        if maker is not None and maker.kind in POINTS:
            maker = graph.maker.get(maker.operands[0])
        if maker is not None and maker.kind == "qopt.fold_batch_norm":
            mean = graph.maker[maker.operand("mean")].attrs["name"]
            found[op.results[0]] = Fold(maker, mean)
    return found
