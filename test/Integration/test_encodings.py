"""Scales from the files of other tools: ONNX Runtime's overrides, beside its own quantizer; AIMET's."""
import json
import re

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import quantizers  # noqa: E402
from qopt import driver  # noqa: E402


def numbers(text):
    return [float(number) for number in text.split(",")]


def parameters(stages):
    """{symbol: (scales, zero points, signed)} of a calibrated module."""
    text = (stages / "050_calibrate.mlir").read_text(encoding="utf-8")
    specs = dict(re.findall(r"^(#\w+) = #qopt.spec<(.*)>$", text, re.MULTILINE))
    found = {}
    for name, quoted, spec, scales, zero_points in re.findall(
            r'qopt\.qparams @(?:"([^"]+)"|([\w.$]+)) (#\w+) scales\(\[([^\]]*)\]\) '
            r"zero_points\(\[([^\]]*)\]\)", text):
        found[name or quoted] = (numbers(scales), [int(z) for z in numbers(zero_points)],
                                 "is_signed = true" in specs[spec])
    return found


def quantize(model, samples, folder, *options):
    """The parameters of a calibrated module of the model."""
    folder.mkdir()
    np.savez(folder / "calib.npz", x=samples)
    driver.quantize(model, folder / "calib.npz", folder / "q.mlir", "--dump-stages", folder,
                    *options)
    return parameters(folder)


@pytest.fixture(scope="module")
def digits(made):
    net = made("digits")
    with np.load(net.samples) as stored:
        return net.onnx, stored["x"]


def rows_of(name, scales, zero_points, is_signed):
    """Encodings of AIMET, whose grids start at code 0: one for each channel."""
    del name
    return [{"bitwidth": 8, "dtype": "int", "is_symmetric": str(is_signed), "scale": scale,
             "offset": -zero - (128 if is_signed else 0)}
            for scale, zero in zip(scales, zero_points)]


def first_version(groups):
    return {"version": "0.6.1", "quantizer_args": {},
            **{group: {name: rows_of(name, *value) for name, value in members.items()}
               for group, members in groups.items()}}


def second_version(groups):
    lists = {}
    for group, members in groups.items():
        lists[group] = []
        for name, value in members.items():
            rows = rows_of(name, *value)
            lists[group].append({
                "name": name, "dtype": "INT", "bw": 8, "is_sym": value[2],
                "enc_type": "PER_CHANNEL" if len(rows) > 1 else "PER_TENSOR",
                "scale": [row["scale"] for row in rows],
                "offset": [float(row["offset"]) for row in rows]})
    return {"version": "1.0.0", **lists}


@pytest.mark.parametrize("version", [first_version, second_version])
def test_aimet_encodings_decide(version, digits, tmp_path):
    """Whatever the calibration data says: the parameters are those of the file."""
    model, samples = digits
    wanted = {name: value for name, value in
              quantize(model, samples[:64], tmp_path / "first").items() if ".mid" not in name}
    weights = {name: value for name, value in wanted.items() if name.endswith("weight")}
    assert len(weights) == 7 and len(wanted) > 2 * len(weights)
    file = tmp_path / "e.encodings"
    file.write_text(json.dumps(version({
        "activation_encodings": {n: v for n, v in wanted.items() if n not in weights},
        "param_encodings": weights})), encoding="utf-8")
    other = quantize(model, samples[:4] * 3, tmp_path / "other")
    assert not {n for n in wanted if n not in weights and other[n] == wanted[n]}
    given = quantize(model, samples[:4] * 3, tmp_path / "given", "--encodings", file)
    assert {name: given[name] for name in wanted} == wanted


def test_overrides_as_onnx_runtime_takes_them(digits, tmp_path):
    """The same overrides to its quantizer and to ours: the same parameters."""
    from onnxruntime.quantization import QuantType
    model, samples = digits
    folded = quantizers.preprocessed(model, tmp_path)
    graph = onnx.load(str(folded)).graph
    conv = next(node for node in graph.node if node.op_type == "Conv")
    channels = next(t.dims[0] for t in graph.initializer if t.name == conv.input[1])
    relu = next(node.output[0] for node in graph.node if node.op_type == "Relu")
    rows = [{"scale": (1 + channel) / 4096, "zero_point": 0} for channel in range(channels)]
    overrides = {
        "x": [{"quant_type": "QUInt8", "scale": 0.0125, "zero_point": 7}],
        relu: [{"quant_type": "QInt8", "rmin": 0.0, "rmax": 3.0}],
        conv.input[1]: [{"quant_type": "QInt8", "axis": 0, **rows[0]}, *rows[1:]]}
    file = tmp_path / "o.json"
    file.write_text(json.dumps(overrides), encoding="utf-8")
    ours = quantize(folded, samples[:32], tmp_path / "ours", "--overrides", file)

    theirs = {name: [{**entry, **({"quant_type": QuantType.from_string(entry["quant_type"])}
                                  if "quant_type" in entry else {})} for entry in entries]
              for name, entries in overrides.items()}
    for entry in (entry for entries in theirs.values() for entry in entries):
        for key in entry.keys() & {"scale", "rmin", "rmax"}:
            entry[key] = np.array(entry[key], np.float32)
        if "zero_point" in entry:
            unsigned = entry.get("quant_type") == QuantType.QUInt8
            entry["zero_point"] = np.array(entry["zero_point"], np.uint8 if unsigned else np.int8)
    quantized = quantizers.by_onnx_runtime(folded, samples[:32], tmp_path / "theirs.onnx",
                                           extra_options={"TensorQuantOverrides": theirs})
    stored = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(quantized)).graph.initializer}
    for name in overrides:
        scales, zero_points, is_signed = ours[name]
        assert np.array_equal(np.float32(scales), stored[name + "_scale"].reshape(-1)), name
        assert np.array_equal(zero_points, stored[name + "_zero_point"].reshape(-1)), name
        assert is_signed == (stored[name + "_zero_point"].dtype == np.int8), name
