"""The native side of prepare and convert: which passes run, and how trained values go back.

The module as imported stays the reference: convert puts the trained parameters into a copy of it and
runs the same passes again, so batch-norms are folded by the compiler (N16) and not by the simulation.
"""
import re
import warnings

from .errors import QoptWarning

PREPARE = ("qopt-fuse-pipeline", None, "qopt-prepare-pipeline")  # None: the qconfig stage
CONVERT = "qopt-convert-pipeline"


def prepared(module, config, target):
    """A copy of an imported module at stage "prepared"."""
    module = module.clone()
    for pipeline in PREPARE:
        tell(module.configure(config, target) if pipeline is None else module.run(pipeline))
    return module


def tell(diagnostics):
    """Warnings of the compiler as Python warnings; remarks stay in the report."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            warnings.warn(f"{diagnostic.location}: {diagnostic.message}".lstrip(": "), QoptWarning,
                          stacklevel=4)


def batch_norms(module):
    """{name of the op: {operand: parameter's name}} of an imported module's batch-norms, also under
    the path of their layer."""
    graph = module.graph()
    names = {op["results"][0]["id"]: op["attrs"]["name"] for op in graph["ops"]
             if op["op"] == "nn.parameter"}
    found = {}
    for op in graph["ops"]:
        if op["op"] == "nn.batch_norm":
            parts = [names[o] for o in op["operands"][1:]]
            entry = {"parts": parts, "eps": op["attrs"].get("eps", 1e-5)}
            found[op["name"]] = entry
            found.setdefault(op["layer"], entry)
    return found


def roots(module):
    """{name of a root op: (weight's name, bias's name or None)} of an imported module."""
    graph = module.graph()
    names = {op["results"][0]["id"]: op["attrs"]["name"] for op in graph["ops"]
             if op["op"] == "nn.parameter"}
    return {op["layer"] or op["name"]: [names.get(op["operands"][op["roles"].index(role)])
                                        if role in op["roles"] else None
                                        for role in ("weight", "bias")]
            for op in graph["ops"] if "weight" in op["roles"]}


def with_folds(imported, description):
    """The prepared graph with each folded batch-norm written as the op it is in training,
    qopt.fold_batch_norm(weight, [bias,] gamma, beta, mean, var), on the trained parameters."""
    norms, layers = batch_norms(imported), roots(imported)
    ops = description["ops"]
    makers = {r["id"]: op for op in ops for r in op["results"]}
    fresh = 1 + max(r["id"] for op in ops for r in op["results"])
    extra, gone = {}, set()
    for op in ops:
        norm = next((norms[m] for m in op["attrs"].get("nn.fused") or [] if m in norms), None)
        if norm is None or "weight" not in op["roles"]:
            continue
        point = makers[op["operands"][op["roles"].index("weight")]]
        weight = makers[point["operands"][0]] if point["operands"] else point
        bias = makers[op["operands"][op["roles"].index("bias")]]
        if weight["results"][0]["id"] in extra:
            continue
        names = [n for n in (*layers[op["attrs"]["nn.fused"][0]], *norm["parts"]) if n]
        parameters = []
        for name in names:
            shape = weight["results"][0]["shape"] if not parameters else bias["results"][0]["shape"]
            parameters.append(constant(fresh, name, shape))
            fresh += 1
        extra[weight["results"][0]["id"]] = [*parameters, {
            "op": "qopt.fold_batch_norm", "name": None, "layer": op["layer"],
            "operands": [p["results"][0]["id"] for p in parameters],
            "roles": ["operand"] * len(parameters),
            "results": [weight["results"][0], bias["results"][0]],
            "attrs": {"eps": norm["eps"], "policy": "update"}}]
        gone.update([id(weight), id(bias)])
    result = []
    for op in ops:
        made = op["results"][0]["id"]
        if made in extra:
            result += extra[made]
        elif id(op) not in gone:
            result.append(op)
    return {**description, "ops": result}


def constant(id_, name, shape):
    return {"op": "nn.parameter", "name": None, "layer": None, "operands": [], "roles": [],
            "results": [{"id": id_, "name": "", "shape": shape, "element": "f32"}],
            "attrs": {"name": name}}


def trained(module, tensors):
    """A copy of an imported module with new data for its parameters, by name."""
    module = module.clone()
    for name, tensor in tensors.items():
        module.set_data(name, tensor.detach().cpu().contiguous().numpy())
    return module


def parameter_names(module):
    return [op["attrs"]["name"] for op in module.graph()["ops"] if op["op"] == "nn.parameter"]


def observed(module, symbols):
    """The module with these observers on their own instead of derived from their op's input (N8): an
    edit of its text, as anyone could make it; rare, since only add_scalar can leave the range."""
    from qopt import Module
    lines = module.text().split("\n")
    for i, line in enumerate(lines):
        match = re.match(r'\s*qopt\.qparams @("?)([^"\s]+|[^"]+)\1 ', line)
        if match and match[2] in symbols:
            lines[i] = re.sub(r"derived_from = @(\"[^\"]*\"|[\w.$-]+),? ?", "", line)
    return Module.parse("\n".join(lines))
