"""ONNX's own node tests (onnx.backend.test.case) for every operator that import knows.

A case is a model of one node with inputs and expected outputs. Its first input stays an input,
the others become constants, as they are in networks. What does not pass is listed below with the
reason; a listed case that passes fails the test, so the list stays true.
"""
import fnmatch
import re
import warnings

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import numpy_helper  # noqa: E402

from qopt import driver  # noqa: E402

LAST_OPSET = 23
QUANTIZING = ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv",
              "QLinearMatMul", "ConvInteger", "MatMulInteger"]

# (pattern of case names, what the message must contain, why)
EXCEPTIONS = [
    ("*", "has element type 'int", "arithmetic of integers: networks compute in f32 or on 8-bit codes"),
    ("*", "has element type 'uint", "the same, unsigned"),
    ("test_*int8", "holds integers where float weights are needed", "the same, in 8 bits"),
    ("test_clip_default_int8_*", "computes with integers", "the same, of one operand"),
    ("test_*_3d*", "3-D convolutions and pools are not supported", "no 3-D layers"),
    ("test_averagepool_2d_dilations", "dilated average pools", "no dilated average pools"),
    ("test_batchnorm_*_training_mode", "training_mode = 1", "networks are imported for inference"),
    ("test_clip_min_greater_than_max", "is above max", "an empty range is taken for a mistake"),
    ("test_gather_*", "only one constant index", "Gather is a slice here"),
    ("test_gemm_default_matrix_bias", "one element per output", "the bias of a layer is a vector"),
    ("test_matmul_*", "products with vectors", "products are of matrices"),
    ("test_prelu_*", "one number or one per channel", "the slope is one per channel (axis 1)"),
    ("test_resize_*", "mode 'cubic' is not supported", "no cubic resize"),
    ("test_resize_*", "antialias is not supported", "no resize with antialias"),
    ("test_resize_*", "exclude_outside is not supported", "no cubic resize, whose option this is"),
    ("test_resize_*", "attribute axes is not supported", "sizes are given for all dimensions"),
    ("test_resize_*", "coordinate_transformation_mode 'half_pixel_symmetric'", "coordinates of N18"),
    ("test_resize_*", "coordinate_transformation_mode 'tf_crop_and_resize'", "no crops in a resize"),
    ("test_resize_downsample_scales_linear_align_corners", "is off by",
     "align_corners maps the last pixel to the last (N18, as ONNX Runtime and torch), the case maps "
     "the unrounded size"),
    ("test_*quantizelinear*", "activations have one scale (N1)", "activations per channel (N1)"),
    ("test_*quantizelinear_blocked*", "blocked quantization", "no blocked scales"),
    ("test_quantizelinear_*int16", "codes of 16 bits", "programs run on 2 to 8 bits (N1)"),
    ("test_quantizelinear_*", "has element type type", "float8, float4 and 2-bit codes"),
    ("test_dequantizelinear_*", "no array of numbers", "inputs of 2 or 4 bits, float8, float4"),
    ("test_dynamicquantizelinear*", "cannot be imported: DynamicQuantizeLinear",
     "scales computed at run time"),
]


def known_operators():
    """ONNX operators that become ops, by `qopt ops`."""
    text = driver.run("ops").stdout
    return {word for line in text.splitlines()[1:]
            for word in re.findall(r"\b[A-Z][A-Za-z]+\b", line.split(maxsplit=1)[1])} - {"ONNX"}


def cases():
    """{name: case} of single nodes of the operators that import knows."""
    from onnx.backend.test.case.node import collect_testcases
    wanted = known_operators() | set(QUANTIZING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {case.name: case for case in collect_testcases(None)}
    return {name: case for name, case in found.items()
            if len(case.model.graph.node) == 1 and "_expanded" not in name
            and case.model.graph.node[0].op_type in wanted
            and not case.model.graph.node[0].domain}


def prepared(case):
    """The model with constants, its one input array and the expected outputs."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for entry in model.opset_import:
        entry.version = min(entry.version, LAST_OPSET)
    inputs, outputs = case.data_sets[0]
    graph = model.graph
    names = [value.name for value in graph.input]
    for name, array in list(zip(names, inputs))[1:]:
        graph.initializer.append(array if isinstance(array, onnx.TensorProto)
                                 else numpy_helper.from_array(np.asarray(array), name))
        graph.initializer[-1].name = name
        graph.input.remove(next(v for v in graph.input if v.name == name))
    return model, names[0], inputs[0], [v.name for v in graph.output], outputs


def failure(case, folder):
    """None where the case passes, else what is wrong."""
    model, name, x, outputs, expected = prepared(case)
    path = folder / "case.onnx"
    onnx.save(model, path)
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiu" or x.ndim == 0:
        return "no array of numbers as input"
    np.savez(folder / "x.npz", **{name: x.astype(np.float32)})
    done = driver.run("run", path, "--oracle", "--input", folder / "x.npz", "--output",
                      folder / "y.npz", check=False)
    if done.returncode:
        return done.stderr.strip() or f"exit code {done.returncode}"
    with np.load(folder / "y.npz") as stored:
        for output, array in zip(outputs, expected):
            array = np.asarray(array)
            ours = stored[output]
            if ours.shape != array.shape:
                return f"{output} has shape {ours.shape}, expected {array.shape}"
            if array.dtype.kind in "iub":
                if not np.array_equal(ours, array.astype(np.float32)):
                    return f"{output} has {np.count_nonzero(ours != array)} wrong integers"
            elif not np.allclose(ours, array.astype(np.float32), rtol=1e-4, atol=1e-4):
                return f"{output} is off by {np.abs(ours - array).max()}"
    return None


def reason(name, message):
    """The reason of the exception that names this case and message, or None."""
    for pattern, text, why in EXCEPTIONS:
        if fnmatch.fnmatch(name, pattern) and text in message:
            return why
    return None


def test_all(tmp_path):
    found = cases()
    operators = {case.model.graph.node[0].op_type for case in found.values()}
    assert set(QUANTIZING) <= operators, "onnx has no cases of them"
    wrong, passed, excused = [], 0, 0
    used = set()
    for name, case in sorted(found.items()):
        message = failure(case, tmp_path)
        if message is None:
            passed += 1
        elif why := reason(name, message):
            excused += 1
            used.add(why)
        else:
            wrong.append(f"{name}: {message[:300]}")
    print(f"{passed} cases of {len(operators)} operators pass, {excused} are exceptions")
    assert not wrong, "\n".join(wrong)
    assert used == {why for _, _, why in EXCEPTIONS}, "an exception that no case needs"
    assert passed >= 125
