"""From the exported graph to an `nn` module: walks the aten ops in order and applies the table.

Whatever the table has no row for is collected, so that one error lists all of it with module path
and op.
"""
import operator

import torch

from .errors import TorchError
from .export import export
from .rows import ROWS
from .values import Constant, Unsupported, Value

VIEWS = {"view", "reshape", "flatten", "permute", "transpose", "slice", "select", "squeeze",
         "unsqueeze", "split", "split_with_sizes", "chunk", "t", "detach", "alias", "expand",
         "unflatten", "contiguous", "to"}


class Imported:
    """An imported module and what training needs beyond it.

    module     -- the `nn` module at stage "imported" (a qopt._core.Module)
    exported   -- names and pytree specs of inputs and outputs
    dropouts   -- {(value, reader): [(p, by channel)]}: value names, and layers of the readers
    momentum   -- {running mean's name: momentum, None for a cumulative average}
    outside    -- layers of the ops outside the model's stubs
    """

    def __init__(self, module, exported, walk):
        self.module, self.exported = module, exported
        self.dropouts, self.momentum, self.outside = walk.dropouts, walk.momentum, walk.outside


def import_model(model, example_inputs, make_builder):
    """Exports and imports a torch.nn.Module.

    make_builder([(name, shape)]) gives the builder; a size of -1 is the free batch. Raises TorchError
    with all ops that have no row.
    """
    return import_graph(export(model, example_inputs), make_builder)


def import_graph(exported, make_builder):
    """Imports what torch.export gave; see import_model."""
    walk = Walk(exported, make_builder)
    outputs = walk.run()
    return Imported(walk.builder.finish(outputs), exported, walk)


class Walk:
    """One pass over the graph. `env` maps nodes to Values, Constants or plain Python values."""

    def __init__(self, exported, make_builder):
        self.exported, self.problems, self.env = exported, [], {}
        self.names, self.parameters = set(), {}
        self.dropouts, self.momentum, self.outside = {}, {}, []
        self.has_stubs = any(str(n.target).startswith("qopt.quant_stub")
                             for n in exported.graph.nodes if n.op == "call_function")
        nodes = {n.name: n for n in exported.graph.nodes if n.op == "placeholder"}
        inputs = []
        for place, name in zip(exported.inputs, exported.input_names):
            meta = nodes[place].meta["val"] if place in nodes else None
            if isinstance(meta, torch.Tensor):
                if meta.dtype != torch.float32:
                    raise TorchError(f"input '{name}' is {meta.dtype}; networks take f32 here "
                                     "(convert it before the model)")
                inputs.append((place, name, [int(s) if isinstance(s, int) else -1
                                             for s in meta.shape]))
        self.builder = make_builder([(name, shape) for _, name, shape in inputs])
        self.tensor_inputs = [name for _, name, _ in inputs]
        for handle, (place, name, _) in enumerate(inputs):
            self.env[nodes[place]] = Value(handle, name, inside=not self.has_stubs)
            self.names.add(name)

    def run(self):
        """Imports every op; returns [(output name, handle)]."""
        for node in self.exported.graph.nodes:
            if node.op == "placeholder":
                self.placeholder(node)
            elif node.op == "call_function":
                self.call(node)
        if self.problems:
            lines = "\n".join(f"  {p}" for p in self.problems)
            raise TorchError(f"{len(self.problems)} op(s) of the model have no form in the IR:\n{lines}\n"
                             "ways out: rewrite them with supported ops, or prepare the part of the "
                             "model without them")
        return self.outputs()

    def outputs(self):
        """The results that are tensors of the network, under their names."""
        found = []
        for name, node in zip(self.exported.output_names, self.exported.outputs):
            value = self.env.get(node) if isinstance(node, torch.fx.Node) else None
            if isinstance(value, Value):
                self.note_reader(value, name)
                found.append((name, value.handle))
            elif value is not None:
                raise TorchError(f"output '{name}' does not depend on the inputs")
        if not found:
            raise TorchError("the model returns no tensor")
        return found

    def placeholder(self, node):
        entry = self.exported.constants.get(node.name)
        if entry:
            self.env[node] = Constant(*entry)
        elif node not in self.env:
            self.env[node] = node.meta.get("val")

    def call(self, node):
        if node.target is operator.getitem:
            self.env[node] = self.env[node.args[0]][node.args[1]]
            return
        if not isinstance(node.meta.get("val"), (torch.Tensor, list, tuple)):
            self.env[node] = node.meta.get("val")  # arithmetic on sizes
            return
        try:
            self.env[node] = self.apply(node)
        except Unsupported as reason:
            self.problems.append(f"{describe(node)}: {reason}")
            self.env[node] = placeholder_for(node)

    def apply(self, node):
        schema = node.target._schema
        key = schema.name + (f".{schema.overload_name}" if schema.overload_name else "")
        base = schema.name.split("::")[1]
        in_place = base.endswith("_") and not base.endswith("__")
        row = ROWS.get(key.replace(base, base.rstrip("_"), 1) if in_place else key)
        call = Call(self, node, schema)
        constants = [a for a in call.tensors() if isinstance(a, Constant)]
        if constants and len(constants) == len(call.tensors()) and not call.moves_matrix():
            return fold(node, constants, call)
        if row is None:
            raise Unsupported(f"no row for {key}")
        result = row(call)
        if in_place:
            self.replace(node, call)
        self.pending_alias(node, call, result)
        return result

    def pending_alias(self, node, call, result):
        """After an in-place op, its operand's name stands for the result."""
        if getattr(call, "replaced", None) is not None:
            self.env[call.replaced] = result

    def replace(self, node, call):
        target = node.args[0]
        base = getattr(getattr(target, "target", None), "_schema", None)
        viewed = base is not None and base.name.split("::")[1] in VIEWS
        read_later = [u for u in target.users if u is not node and comes_after(u, node)]
        views = [u for u in target.users if hasattr(u.target, "_schema") and
                 u.target._schema.name.split("::")[1] in VIEWS and not comes_after(u, node)
                 and any(comes_after(w, node) for w in u.users)]
        if views or (viewed and any(comes_after(u, node) for u in target.args[0].users)):
            raise Unsupported("an in-place op on a view that is read again; use the functional form")
        call.replaced = target if read_later else None

    def note_reader(self, value, reader):
        for dropout in value.dropouts:
            self.dropouts.setdefault((value.name, reader), []).append(dropout)

    def unique(self, name):
        chosen, count = name, 0
        while chosen in self.names:
            count += 1
            chosen = f"{name}_{count}"
        self.names.add(chosen)
        return chosen


def comes_after(a, b):
    """Whether node a stands after node b in the graph."""
    while a is not None and a.op != "root":
        a = a.prev
        if a is b:
            return True
    return False


def fold(node, constants, call):
    """Computes an op on constants; not where training would have to go through it."""
    trained = [c.name for c in constants if c.trainable]
    if trained:
        raise Unsupported(f"computes on the parameter {', '.join(trained)}; store the result as the "
                          "parameter instead (for weight norm: remove_parametrizations)")
    concrete = lambda n: call.walk.env[n].tensor if isinstance(call.walk.env[n], Constant) else call.walk.env[n]
    args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), concrete)
    return Constant(call.walk.unique(f"constant.{node.name}"), node.target(*args, **kwargs), False)


def placeholder_for(node):
    """Stands for the result of an op that failed, so that the walk can go on and find the rest."""
    value = Value(0, node.name)
    return value if isinstance(node.meta["val"], torch.Tensor) else [value] * len(node.meta["val"])


def module_path(node):
    """(path, class name) of the innermost module that ran the op."""
    stack = node.meta.get("nn_module_stack") or {}
    path, kind = next(reversed(stack.values()), ("", ""))
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
    return ("", "") if "_empty_nn_module_stack" in path else (path, kind)


def describe(node):
    path, _ = module_path(node)
    where = f"module '{path}'" if path else "the model's own forward"
    return f"{where}: {node.target}"


def is_leaf(kind):
    """Modules of torch itself stand for one op, by whose path configurations name it."""
    return kind.startswith("torch.nn.modules.") and not kind.endswith(("Sequential", "ModuleList"))


class Call:
    """One op of the exported graph as its row sees it."""

    def __init__(self, walk, node, schema):
        self.walk, self.node, self.target = walk, node, str(node.target)
        self.aliases = {}
        self.arguments = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
        names = [a.name for a in schema.arguments]
        given = dict(zip(names, node.args)) | dict(node.kwargs)
        look = lambda n: walk.env[n]
        self.nodes = given
        self.arguments |= {k: torch.fx.node.map_arg(v, look) if not isinstance(v, torch.fx.Node)
                           else look(v) for k, v in given.items()}
        for name in names:
            self.arguments.setdefault(name, None)
        path, kind = module_path(node)
        base = schema.name.split("::")[1].rstrip("_")
        marked = schema.name.startswith("qopt::") and self.arguments.get("path")
        own = marked or (path if path and is_leaf(kind) else None)
        self.layer = own or (f"{path}.{base}" if path else base)
        self.name = None

    # arguments

    def rename(self, aliases):
        self.aliases = aliases

    def __contains__(self, name):
        return self.aliases.get(name, name) in self.arguments

    def __getitem__(self, name):
        return self.arguments[self.aliases.get(name, name)]

    def get(self, *names, fallback=None):
        """The first of these arguments that the op has."""
        return next((self[n] for n in names if n in self), fallback)

    def tensors(self):
        flat = []
        for value in self.arguments.values():
            flat += [v for v in (value if isinstance(value, (list, tuple)) else [value])
                     if isinstance(v, (Value, Constant))]
        return flat

    def moves_matrix(self):
        """A transposed weight matrix is looked through, not computed."""
        return (self.target.split(".")[1] in ("t", "transpose", "permute") and
                self.arguments["self"].tensor.ndim == 2)

    def value(self, name):
        """An activation argument."""
        return self.operand(self[name])

    def operand(self, given):
        """An activation, or a constant that is used as one."""
        return self.constant(given) if isinstance(given, Constant) else given

    def parameter(self, name):
        """A weight, bias or statistic argument, or None. It must be a constant."""
        given = self[name]
        if given is not None and not isinstance(given, Constant):
            raise Unsupported(f"its {name} is computed from the inputs")
        return None if given is None else self.constant(given)

    def constant(self, given):
        """The builder's handle of a constant, made once per name."""
        if given.transposed is not None:
            raise Unsupported("a transposed parameter as an operand")
        if given.tensor.dtype != torch.float32:
            raise Unsupported(f"the constant '{given.name}' is {given.tensor.dtype}, expected f32")
        known = self.walk.parameters
        if given.name not in known:
            array = given.tensor.detach().cpu().contiguous().numpy()
            known[given.name] = Value(self.walk.builder.parameter(given.name, array), given.name)
        return known[given.name]

    def shape(self, name):
        node = self.nodes[self.aliases.get(name, name)]
        return list(node.meta["val"].shape)

    def rank(self, name):
        return len(self.shape(name))

    def axis(self, argument, of):
        return self[argument] % self.rank(of)

    def result_shape(self):
        return list(self.node.meta["val"].shape)

    def result_shapes(self):
        return [list(v.shape) for v in self.node.meta["val"]]

    def result_dtype(self):
        return self.node.meta["val"].dtype

    # results

    def emit(self, op, operands, results=1, **attrs):
        """Adds an op of the IR; returns its Value, or a list of them."""
        walk = self.walk
        activations = [v for v in operands if v is not None and v.name not in walk.parameters]
        inside = any(v.inside for v in activations) or not walk.has_stubs
        name = walk.unique(self.layer)
        if not inside:
            walk.outside.append(name)
        for value in activations:
            walk.note_reader(value, self.layer)
        handles = walk.builder.op(op, [None if v is None else v.handle for v in operands], attrs,
                                  name=name, layer=self.layer, results=results)
        if results == 1:
            return Value(handles, name, inside)
        return [Value(h, f"{name}.{i}", inside) for i, h in enumerate(handles)]

    def mark(self, value, inside):
        return value.but(inside=inside)

    def note_dropout(self, value, p, channels):
        return value.but(dropouts=(*value.dropouts, (p, channels))) if p > 0 else value

    def note_batch_norm(self, mean, momentum):
        self.walk.momentum[mean] = momentum
