"""A torch module as a graph of aten ops: torch.export, its failures explained, and the names.

The graph is the one of eval mode: dropout stands in it as an op, and batch-norm by running
statistics. Training behaviour is put back by the prepared module.
"""
import contextlib

import torch
from torch.utils import _pytree as pytree

from .errors import TorchError
from .markers import marked


class Exported:
    """What torch.export made of a model.

    graph        -- torch.fx.Graph of aten ops
    constants    -- {placeholder name: (qualified name, tensor, is parameter)}
    inputs       -- placeholder names of the tensor inputs, in order
    input_names  -- their names for the user: argument names, with a path inside a pytree
    outputs      -- what the graph returns: nodes or None (a value that is no tensor)
    output_names -- their names
    leaves       -- for each input, whether it is a tensor
    in_spec, out_spec -- pytree specs of (args, kwargs) and of the result
    free_batch   -- whether dimension 0 of the inputs may change
    """

    def __init__(self, **fields):
        self.__dict__.update(fields)


def as_arguments(example_inputs):
    """example_inputs as (args, kwargs): a tensor, a tuple or list of arguments, or a dict of names."""
    if example_inputs is None:
        raise TorchError("example_inputs is missing: pass the arguments of one call, for instance "
                         "(torch.randn(1, 3, 224, 224),)")
    if isinstance(example_inputs, torch.Tensor):
        return (example_inputs,), {}
    if isinstance(example_inputs, dict):
        return (), dict(example_inputs)
    if isinstance(example_inputs, (tuple, list)) and example_inputs:
        return tuple(example_inputs), {}
    raise TorchError(f"example_inputs is {type(example_inputs).__name__} "
                     f"{example_inputs!r:.40}; expected a tensor, a tuple of the arguments of one "
                     "call, or a dict of keyword arguments")


def export(model, example_inputs):
    """Exports `model` (any torch.nn.Module) for the shapes of example_inputs; the batch stays free."""
    args, kwargs = as_arguments(example_inputs)
    check_example(model, (args, kwargs))
    grown, free = grow_batch((args, kwargs))
    with evaluating(model), marked(model), torch.no_grad():
        try:
            program = run_export(model, *grown, free)
        except Exception as error:
            raise TorchError(explain(error)) from error
    return collect(model, program, free)


def check_example(model, arguments):
    """The example is tensors of f32 on the model's device, without NaN."""
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    leaves = [t for t in pytree.tree_leaves(arguments) if isinstance(t, torch.Tensor)]
    if not leaves:
        raise TorchError("example_inputs holds no tensor")
    for tensor in leaves:
        if tensor.device != device:
            raise TorchError(f"example input is on {tensor.device}, the model on {device}; move one "
                             "to the other's device")


def grow_batch(arguments):
    """(arguments, free): a batch of 1 is doubled, since torch.export takes a 1 for a constant.

    The batch is free where all tensors agree in dimension 0.
    """
    leaves = [t for t in pytree.tree_leaves(arguments) if isinstance(t, torch.Tensor)]
    sizes = {t.shape[0] if t.ndim else None for t in leaves}
    if len(sizes) != 1 or None in sizes or 0 in sizes:
        return arguments, False
    if sizes == {1}:
        grow = lambda t: torch.cat([t, t]) if isinstance(t, torch.Tensor) else t
        arguments = pytree.tree_map(grow, arguments)
    return arguments, True


def run_export(model, args, kwargs, free):
    """torch.export with a free batch; with a fixed one where the model insists on it."""
    auto = torch.export.Dim.AUTO
    shapes = pytree.tree_map(
        lambda t: ({0: auto} if free else {}) if isinstance(t, torch.Tensor) else None,
        (args, kwargs))
    dynamic = (*shapes[0], *shapes[1].values()) if not kwargs else None
    if kwargs:
        dynamic = shapes[1] if not args else None
        if args:
            raise TorchError("positional and keyword arguments are mixed in example_inputs")
    return torch.export.export(model, args, kwargs or None, dynamic_shapes=dynamic)


def explain(error):
    """torch's reason, in one paragraph, plus the ways out."""
    text = str(error).strip().split("\n\n")[0][:1200] or type(error).__name__
    return (f"torch.export cannot take this model: {type(error).__name__}: {text}\n"
            "ways out: replace control flow that depends on tensor values (torch.where, torch.cond); "
            "prepare the part of the model that is free of it; or export ONNX yourself and use "
            "qopt.quantize(model.onnx, data)")


@contextlib.contextmanager
def evaluating(model):
    """The model in eval mode; on leaving, each module has its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def collect(model, program, free):
    """The parts of an ExportedProgram that the importer needs."""
    kinds = torch.export.graph_signature.InputKind
    constants, inputs = {}, []
    state = {**program.state_dict, **program.constants}
    for spec in program.graph_signature.input_specs:
        name = spec.arg.name
        if spec.kind == kinds.USER_INPUT:
            inputs.append(name)
        elif spec.target in state:
            constants[name] = (spec.target, state[spec.target], spec.kind == kinds.PARAMETER)
    signature = program.module_call_graph[0].signature
    placeholders = {n.name: n for n in program.graph.nodes if n.op == "placeholder"}
    shapes = [placeholders[n].meta["val"] for n in inputs]
    returned = next(n for n in program.graph.nodes if n.op == "output").args[0]
    mutated = len(returned) - sum(s.kind.name == "USER_OUTPUT"
                                  for s in program.graph_signature.output_specs)
    return Exported(
        graph=program.graph, constants=constants, inputs=inputs,
        input_names=input_names(program, model),
        outputs=list(returned[mutated:]), output_names=output_names(signature.out_spec),
        leaves=[isinstance(v, torch.Tensor) for v in shapes],
        in_spec=signature.in_spec, out_spec=signature.out_spec,
        free_batch=free and all(isinstance(v.shape[0], torch.SymInt) for v in shapes
                                if isinstance(v, torch.Tensor)))


def input_names(program, model):
    """Argument names of forward(); inside a tuple, list or dict with the path: x.0, x.mask."""
    signature = program.module_call_graph[0].signature
    names = list(signature.forward_arg_names or [])
    dummy = pytree.tree_unflatten(list(range(signature.in_spec.num_leaves)), signature.in_spec)
    args, kwargs = dummy
    named = {**dict(zip(names, args)), **kwargs} if names else kwargs
    if not named:
        named = {f"input.{i}": a for i, a in enumerate(args)}
    paths, _ = pytree.tree_flatten_with_path(named)
    return [key_text(path) for path, _ in sorted(paths, key=lambda pair: pair[1])]


def output_names(out_spec):
    """`output`, or the keys and positions by which the result is taken apart: logits, output.1."""
    dummy = pytree.tree_unflatten(list(range(out_spec.num_leaves)), out_spec)
    paths, _ = pytree.tree_flatten_with_path(dummy)
    return [key_text(path, "output") for path, _ in paths]


def key_text(path, head=""):
    """A pytree path as a dotted name; a leading key that is a word needs no head."""
    parts = [str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path]
    if head and (not parts or parts[0].isdigit()):
        parts.insert(0, head)
    return ".".join(parts)
