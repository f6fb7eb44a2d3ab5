"""Makes ONNX files from text, so that tests show the models they are about.

    from_text.py DIR     for every DIR/*.txt, the model DIR/*.onnx

The text is that of onnx.parser, where `__` in a name stands for a dot. In front of the graph may stand `opset N` (default 17). Values
declared in the graph's <...> list without data get small random weights as initializers; lines
that begin with # are comments (FileCheck's lines among them). For what text cannot say, lines
`!` of Python run on `model` afterwards (numpy as np, onnx, helper, numpy_helper at hand, `path`
the file to be written).
"""
import pathlib
import re
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper, parser


def fill_weights(graph):
    """Initializers for declared values that nobody makes."""
    made = {o for node in graph.node for o in node.output} | {t.name for t in graph.initializer}
    made |= {v.name for v in graph.input}
    left = []
    for number, value in enumerate(graph.value_info):
        if value.name in made:
            left.append(value)
            continue
        dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
        data = np.random.default_rng(number).normal(0, 0.5, dims).astype(np.float32)
        if value.name.endswith(("var", "positive")):
            data = np.abs(data) + 0.5
        graph.initializer.append(numpy_helper.from_array(data, value.name))
    del graph.value_info[:]
    graph.value_info.extend(left)


def with_dots(graph):
    """Names that the text could not spell: fc__weight is fc.weight."""
    for node in graph.node:
        node.name = node.name.replace("__", ".")
        node.input[:] = [name.replace("__", ".") for name in node.input]
        node.output[:] = [name.replace("__", ".") for name in node.output]
    for value in [*graph.input, *graph.output, *graph.initializer]:
        value.name = value.name.replace("__", ".")


def make_model(text):
    code = [line[1:].strip() for line in text.splitlines() if line.startswith("!")]
    body = "\n".join(line for line in text.splitlines() if line[:1] not in ("#", "!"))
    opset = re.match(r"\s*opset (\d+)", body)
    body = body[opset.end():] if opset else body
    header = f'<ir_version: 8, opset_import: ["" : {opset[1] if opset else 17}]>\n'
    model = parser.parse_model(header + body)
    fill_weights(model.graph)
    with_dots(model.graph)
    return model, code


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.txt")):
        model, code = make_model(path.read_text(encoding="utf-8"))
        names = {"model": model, "np": np, "onnx": onnx, "helper": helper,
                 "numpy_helper": numpy_helper, "path": path.with_suffix(".onnx")}
        exec("\n".join(code), names)  # noqa: S102 (the tests' own lines)
        if not names.get("written"):
            onnx.save(model, str(path.with_suffix(".onnx")))


if __name__ == "__main__":
    main()
