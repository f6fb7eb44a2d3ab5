"""The audit verbs on real networks: what verify must catch, compare must name, report must gate."""
import json
import re
import subprocess

import numpy as np
import pytest

from programfile import ProgramFile
from qopt import driver


@pytest.fixture(scope="module")
def digits(made):
    return made("digits")


@pytest.fixture(scope="module")
def gate(out):
    """A network with a table: a sigmoid, then a linear layer. (module, program, data)"""
    source = driver.ROOT / "test" / "Stage" / "Report" / "summary.mlir"
    module, program, data = (out / f"gate.{ending}" for ending in ("mlir", "so", "npz"))
    driver.run(source, "--qopt-convert-pipeline", "-o", module)
    driver.compile(module, program)
    codes = np.arange(256, dtype=np.float32).reshape(64, 2, 2)
    np.savez(data, x=(codes - 10) * 0.5)
    return module, program, data


def text_of(*arguments):
    """(exit code, all that was printed)."""
    done = driver.run(*arguments, check=False)
    return done.returncode, done.stdout + done.stderr


def isa_of(program):
    """The instruction set that the program runs on here."""
    return driver.bench(program, seconds=0.01)["isa"]


# ---- verify

WINOGRAD = """
!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0>
!y = !quant.uniform<u8:f32, 256.0>
module attributes {qopt.version = 1 : i64, qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x128x14x14xf32> {nn.name = "x"}) -> (tensor<?x128x14x14xf32> {nn.name = "y"}) {
    %w = nn.parameter "w" dense<WEIGHT> : tensor<128x128x3x3xi8> -> tensor<128x128x3x3x!w>
    %q = qopt.quantize %x {nn.name = "x"} : tensor<?x128x14x14xf32> -> tensor<?x128x14x14x!x>
    %c = nn.conv2d %q, %w {nn.name = "y", padding = array<i64: 1, 1, 1, 1>} : (tensor<?x128x14x14x!x>, tensor<128x128x3x3x!w>) -> tensor<?x128x14x14x!y>
    %z = qopt.dequantize %c : tensor<?x128x14x14x!y> -> tensor<?x128x14x14xf32>
    return %z : tensor<?x128x14x14xf32>
  }
}
"""


def test_the_range_of_winograd_is_proven(tmp_path):
    """In the certificate; and weights that leave it are named."""
    module, heavy, program = (tmp_path / name for name in ("w.mlir", "heavy.mlir", "w.so"))
    module.write_text(WINOGRAD.replace("WEIGHT", "1"), encoding="utf-8")
    heavy.write_text(WINOGRAD.replace("WEIGHT", "127"), encoding="utf-8")
    driver.compile(module, program)
    driver.run("verify", program, module, "-o", tmp_path / "c.json")
    checks = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["checks"]
    proofs = next(check for check in checks if check["name"] == "products")["layers"]
    assert {"layer": "y", "kernel": "qrt_winograd43_avx2", "accumulator": [0, 128 * 9 * 255],
            "exact_below": 2 ** 25} in proofs
    code, text = text_of("verify", program, heavy)
    assert code == 1
    assert ("products: 'y': qrt_winograd43_avx2: the accumulator of channel 0 can reach "
            "[0, 37307520], beyond the +-2^25 in which this Winograd form is exact") in text


def test_a_sound_program_gets_a_certificate(digits, tmp_path):
    driver.run("verify", digits.program, digits.quantized, "-o", tmp_path / "c.json")
    certificate = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert certificate["verified"] and all(check["passed"] for check in certificate["checks"])
    examined = {check["name"]: check["examined"] for check in certificate["checks"]}
    isas = len(certificate["program"]["isas_run"])
    assert examined["pairs"] == 2 * 65536 * isas  # two residual adds
    for name in ("description", "accumulators", "biases", "products", "constants", "requantize",
                 "layers", "runs"):
        assert examined[name] > 0, name
    assert certificate["program"]["fingerprint"] == certificate["model"]["fingerprint"]


def weight_bit(file, isa, layer):
    """A high bit of a weight: packed behind the biases and multipliers of its panel."""
    at = file.data(isa, layer, "conv2d", "packed") + 2048
    while file.byte(at) in (0, 255):
        at += 1
    return at, 5


MUTATIONS = {
    "weight": ("digits", "/block1/relu/Relu_output_0", weight_bit),
    "zero point": ("digits", "/relu/Relu_output_0",
                   lambda file, isa, layer: (file.number(isa, layer, "conv2d", "out_zero_point"), 0)),
    "scale": ("digits", "x",
              lambda file, isa, layer: (file.number(isa, layer, "quantize", "scale") + 2, 4)),
    "table": ("gate", "gate",
              lambda file, isa, layer: (file.data(isa, layer, "table", "table") + 40, 4)),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_one_flipped_bit_is_caught_and_named(what, digits, gate, tmp_path):
    net, layer, place = MUTATIONS[what]
    module, program, data = (digits.quantized, digits.program, digits.samples) if net == "digits" else gate
    isa = isa_of(program)
    file = ProgramFile(program, tmp_path / "damaged.so")
    damaged = file.flip(*place(file, isa, layer))
    code, text = text_of("verify", damaged, module, "-o", tmp_path / "c.json")
    assert code == 1 and f"'{layer}'" in text and not (tmp_path / "c.json").exists(), text
    assert f"the first layer in question is '{layer}'" in text
    code, text = text_of("compare", module, damaged, "--data", data)
    assert code == 1 and f"codes differ, first in '{layer}'" in text, text


def test_a_program_of_another_module_is_refused(digits, gate):
    code, text = text_of("verify", gate[1], digits.quantized)
    assert code == 1 and "was compiled from a module of fingerprint" in text


# ---- compare

def edited(net, folder, pattern, change):
    text = net.quantized.read_text(encoding="utf-8")
    changed = re.sub(pattern, change, text, count=1)
    assert changed != text, "the fault was not planted"
    path = folder / "faulty.mlir"
    path.write_text(changed, encoding="utf-8")
    return path


def bias_fault(net, folder):
    """Ten codes of one output's range more, in every bias of the last layer."""
    def shifted(match):
        return match.group(1) + ", ".join(str(int(c) + 3000) for c in match.group(2).split(",")) + "]"
    return edited(net, folder, r'("linear\.bias" dense<\[)([^\]]*)\]', shifted)


def test_the_kind_of_a_difference_is_told(digits, tmp_path):
    faulty = bias_fault(digits, tmp_path)
    found = json.loads(driver.run("compare", digits.quantized, faulty, "--data", digits.samples,
                                  "--json", check=False).stdout)["first"]
    assert found["name"] == "logits" and found["kind"] == "bias"


def test_a_threshold_fails_with_the_first_value_below(digits):
    arguments = ("compare", digits.onnx, digits.quantized, "--data", digits.samples, "--min-sqnr")
    assert text_of(*arguments, 5)[0] == 0
    code, text = text_of(*arguments, 90)
    assert code == 1 and re.search(r"'/relu/Relu_output_0' has \d+\.\d\d dB, less than the 90.00 dB of --min-sqnr \(rounding", text)


def run_lit(folder):
    """Runs the RUN lines of the written test; whether it passes."""
    text = (folder / "reduced.test").read_text(encoding="utf-8")
    for line in re.findall(r"^# RUN: (.*)$", text, re.MULTILINE):
        words = line.replace("%S", str(folder)).replace("%t", str(folder / "t")).split()
        assert words[0] == "qopt"
        if subprocess.run([driver.binary(), *words[1:]], capture_output=True, check=False).returncode:
            return False
    return True


def test_reduce_writes_one_layer_and_one_sample(digits, tmp_path):
    faulty = bias_fault(digits, tmp_path)
    code, _ = text_of("compare", digits.quantized, faulty, "--data", digits.samples,
                      "--reduce", tmp_path / "case")
    assert code == 1
    case = (tmp_path / "case" / "a.mlir").read_text(encoding="utf-8")
    assert "nn.linear" in case and "nn.conv2d" not in case
    with np.load(tmp_path / "case" / "data.npz") as data:
        assert [len(data[name]) for name in data.files] == [1]
    assert not run_lit(tmp_path / "case")
    (tmp_path / "case" / "b.mlir").write_text(case, encoding="utf-8")  # the fault mended
    assert run_lit(tmp_path / "case")


def test_reduce_of_a_threshold(digits, tmp_path):
    code, text = text_of("compare", digits.onnx, digits.quantized, "--data", digits.samples,
                         "--min-sqnr", 90, "--reduce", tmp_path / "case")
    assert code == 1 and not run_lit(tmp_path / "case"), text
    assert "--min-sqnr 90" in (tmp_path / "case" / "reduced.test").read_text(encoding="utf-8")


def test_reduce_of_a_threshold_wants_the_module(digits, tmp_path):
    code, text = text_of("compare", digits.onnx, digits.program, "--data", digits.samples,
                         "--min-sqnr", 90, "--reduce", tmp_path / "case")
    assert code == 1 and "--reduce: a value below --min-sqnr is cut out of modules" in text, text


def test_reduce_of_a_calibrated_module(digits, tmp_path):
    faulty = bias_fault(digits, tmp_path)
    code, text = text_of("compare", digits.prepared, faulty, "--data", digits.samples,
                         "--reduce", tmp_path / "case")
    assert code == 1 and not run_lit(tmp_path / "case"), text
    assert "qopt.observe" in (tmp_path / "case" / "a.mlir").read_text(encoding="utf-8")


def test_reduce_says_when_the_program_itself_is_damaged(digits, tmp_path):
    file = ProgramFile(digits.program, tmp_path / "damaged.so")
    layer = "/relu/Relu_output_0"
    isa = isa_of(digits.program)
    damaged = file.flip(file.number(isa, layer, "conv2d", "out_zero_point"), 0)
    code, text = text_of("compare", digits.quantized, damaged, "--data", digits.samples,
                         "--reduce", tmp_path / "case")
    assert code == 1 and "`qopt verify" in text and "tells which" in text, text


# ---- report

def test_report_measures_what_compare_measures(digits, tmp_path):
    driver.run("report", digits.quantized, "--data", digits.samples, "--float", digits.onnx,
               "--program", digits.program, "--seconds", 0.05, "-o", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in report["values"]}
    compared = driver.compare(digits.onnx, digits.quantized, digits.samples)
    for tensor in compared:
        measured = rows[tensor["name"]]["measured"]
        assert measured["sqnr_db"] == pytest.approx(tensor["sqnr_db"], abs=1e-3)
        assert sum(measured["histogram"]) == tensor["elements"]
    logits = rows["logits"]
    assert logits["decision"]["observed"]["count"] > 0 and logits["decision"]["rule"]
    assert logits["measured"]["int8_ms"] > 0 and logits["measured"]["float_ms"] > 0
    assert report["totals"]["int8_ms"] > 0 and report["totals"]["float_bytes"] > report["totals"]["bytes"]


def test_report_finds_the_float_model_by_itself(digits, tmp_path):
    text = driver.run("report", digits.quantized, "--data", digits.samples).stdout
    assert re.search(r"worst    '.*' with \d+\.\d\d dB against float", text)


@pytest.mark.parametrize("gate_, message", [
    (("--min-sqnr", 90), r"'x' has \d+\.\d\d dB, less than 90 dB \(--min-sqnr\)"),
    (("--max-clip", -1), r"'x' has 0\.\d+ % of its values beyond the grid, more than -1 % \(--max-clip\)"),
])
def test_gates(digits, gate_, message):
    arguments = ("report", digits.quantized, "--data", digits.samples)
    assert text_of(*arguments, "--min-sqnr", 5, "--max-clip", 50, "--fail-on-float")[0] == 0
    code, text = text_of(*arguments, *gate_)
    assert code == 1 and re.search(message, text), text


# ---- sensitivity

def test_the_layer_with_two_bits_costs_most(digits, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"module_name": {"block2.conv1": {
        "weight": {"bits": 2}}}}), encoding="utf-8")
    driver.quantize(digits.onnx, digits.calib, tmp_path / "q.mlir", "--config", tmp_path / "c.json",
                    f"--dump-stages={tmp_path / 'stages'}")
    calibrated = next((tmp_path / "stages").glob("*calibrate*.mlir"))
    found = driver.run_json("sensitivity", calibrated, "--data", digits.test, "--labels", "--limit", 48)
    worst = found["layers"][0]
    assert worst["layer"] == "block2.conv1" and found["samples"] == 48
    assert worst["without"]["sqnr_db"] > found["quantized"]["sqnr_db"] + 3
    assert 0.9 <= found["float_top1"] <= 1.0
    for layer in found["layers"][1:]:
        assert layer["alone"]["sqnr_db"] >= worst["alone"]["sqnr_db"]


def test_sensitivity_equals_full_runs(digits, tmp_path):
    """All layers but one, started in the middle, must be what a network without it gives."""
    found = driver.run_json("sensitivity", digits.prepared, "--data", digits.samples)
    layer = next(row for row in found["layers"] if row["kind"] == "linear")
    text = digits.prepared.read_text(encoding="utf-8")
    for symbol in ("logits", "linear.weight"):
        text, count = re.subn(rf'(qopt\.qparams @"?{re.escape(symbol)}"? #\S+ scales\(.*?\) zero_points\(.*?\) \{{)',
                              r"\1fake_quant_enabled = false, ", text)
        assert count == 1
    (tmp_path / "without.mlir").write_text(text, encoding="utf-8")
    outputs = {}
    for name, model in (("float", digits.onnx), ("without", tmp_path / "without.mlir")):
        driver.run("run", model, "--input", digits.samples, "--output", tmp_path / f"{name}.npz")
        with np.load(tmp_path / f"{name}.npz") as stored:
            outputs[name] = stored["logits"].astype(np.float64)
    noise = np.square(outputs["float"] - outputs["without"]).sum()
    sqnr = 10 * np.log10(np.square(outputs["float"]).sum() / noise)
    assert layer["without"]["sqnr_db"] == pytest.approx(sqnr, abs=0.05)
