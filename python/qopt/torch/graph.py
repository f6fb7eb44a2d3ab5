"""The prepared graph (qopt._core.Module.graph()) as Python objects, in an order that runs."""

POINTS = ("qopt.fake_quant", "qopt.observe")


class Op:
    """One op: its name, operands by id and by role, result ids, attributes."""

    def __init__(self, entry):
        self.kind, self.name, self.layer = entry["op"], entry["name"], entry["layer"]
        self.operands, self.roles, self.attrs = entry["operands"], entry["roles"], entry["attrs"]
        self.results = [r["id"] for r in entry["results"]]
        self.shapes = [r["shape"] for r in entry["results"]]
        self.on_codes = "qopt.qconfig" in self.attrs
        self.dynamic = entry["dynamic"]  # the input's parameters are found at run time (N17)
        self.members = self.attrs.get("nn.fused") or []
        if isinstance(self.members, str):
            self.members = [self.members]

    def operand(self, role):
        """Id of the operand with a role, or None."""
        return self.operands[self.roles.index(role)] if role in self.roles else None

    @property
    def readers(self):
        """The names by which something noted before fusing finds this op."""
        return {self.name, self.layer, *self.members} - {None}


class Graph:
    """Ops in order, and who makes and reads what.

    inputs, outputs -- [(name, id)]; point_of -- {result id: point op that alone reads it}
    """

    def __init__(self, description):
        self.ops = [Op(entry) for entry in description["ops"]]
        self.inputs = [(v["name"], v["id"]) for v in description["inputs"]]
        self.input_shapes = {v["name"]: v["shape"] for v in description["inputs"]}
        self.outputs = [(o["name"], o["id"]) for o in description["outputs"]]
        self.qparams = description["qparams"]
        self.maker = {result: op for op in self.ops for result in op.results}
        self.names = {result: value_name(op, i, entry) for op, entry in
                      zip(self.ops, description["ops"]) for i, result in enumerate(op.results)}
        self.names.update({id_: name for name, id_ in self.inputs})
        self.readers = {}
        for op in self.ops:
            for operand in op.operands:
                self.readers.setdefault(operand, []).append(op)
        uses = [op.attrs["qparams"] for op in self.ops if op.kind in POINTS]
        self.shared = {symbol for symbol in uses if uses.count(symbol) > 1}
        self.constants = self._constants()
        self.point_of = {}
        for op in self.ops:
            if not op.on_codes:
                continue
            for result in op.results:
                readers = self.readers.get(result, [])
                if len(readers) == 1 and readers[0].kind in POINTS and \
                        result not in {id_ for _, id_ in self.outputs}:
                    self.point_of[result] = readers[0]

    def _constants(self):
        """Ids of everything computed from parameters alone."""
        found = set()
        for op in self.ops:
            if op.kind == "nn.parameter" or (op.operands and
                                             all(o in found for o in op.operands)):
                found.update(op.results)
        return found


def value_name(op, index, entry):
    """The name under which program and simulation know a value."""
    return entry["results"][index].get("name") or op.name
