"""Every op and fusion, end to end on small models: float import, and equality of codes.

The f64 simulation of the calibrated graph, the converted module and the program must agree in
every code of every quantized value, on each instruction set, with 1 and 2 threads, for any
batch size; a failing comparison names the value, which is named after the form of its op.
"""
import itertools

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import ophelp
import opmodels
from qopt import driver, machine

ISAS = ["scalar", "avx2", "avxvnni", "avx512vnni"]
RUNS = {1: 1, 2: 3}  # threads -> batch
FLOAT_TOLERANCE = 2e-5  # of a sample's largest value
LEAST_SQNR = 15.0  # dB

# Values whose codes cannot vary.
CONSTANT = {"scalars": {"mul.zero"}, "binary": {"sub.itself"}}

WEIGHT = {"per_tensor_weights": {"granularity": "per_tensor"}, "weights_s4": {"bits": 4},
          "weights_s2": {"bits": 2}, "wide_range": {"narrow_range": False}}
ACTIVATION = {"s8_affine": {"dtype": "s8"}, "u4": {"dtype": "u4"}, "u7": {"dtype": "u7"},
              "u8_symmetric": {"scheme": "symmetric"},
              "s8_symmetric": {"dtype": "s8", "scheme": "symmetric"}}
OBSERVERS = ["min_max", "moving_average_min_max", "histogram", "percentile", "mse", "entropy"]
FORMS = {**{n: {"global": {"weight": w}} for n, w in WEIGHT.items()},
         **{n: {"global": {"activation": a}} for n, a in ACTIVATION.items()},
         "accumulator": {"global": {"residual": "accumulator"}}}
VARIED = ["conv2d", "conv2d_groups", "conv_transpose2d", "linear", "activations_fused", "batch_norm",
          "binary", "scalars", "avg_pool2d", "cat", "pad", "resize_bilinear", "residual",
          "squeeze_excite"]
NARROW = {"per_tensor_weights": ["conv2d", "conv_transpose2d", "linear", "residual"],
          "weights_s4": ["conv2d", "conv2d_groups", "linear"], "weights_s2": ["conv2d"],
          "wide_range": ["conv2d", "conv2d_wide"],
          "accumulator": ["residual", "shared", "squeeze_excite", "linear"]}


HERE = [isa for isa in ISAS if isa in machine.isas()]
NEXT = itertools.cycle(HERE)  # tests of many forms take turns at the instruction sets


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return ophelp.Workshop(tmp_path_factory.mktemp("ops"))


def assert_equal(made, other, *options, isa=None, behind_float=None):
    """No code differs, and every quantized value was compared."""
    answer = made.compare(other, *options, isa=isa)
    assert ophelp.differing(answer) == {}
    assert set(ophelp.quantized_names(made.info())) - set(ophelp.compared(answer)) == set()
    if behind_float is not None:
        assert answer["equal_codes_behind_float"] == behind_float
    return answer


@pytest.mark.parametrize("engine", ["compiled", "oracle"])
@pytest.mark.parametrize("family", opmodels.FAMILIES)
def test_float_import(workshop, tmp_path, family, engine):
    """The imported float model gives ONNX Runtime's results."""
    files = workshop.files(family)
    driver.run("run", files.onnx, "--input", files.test, "--output", tmp_path / "y.npz",
               *(["--oracle"] if engine == "oracle" else []))
    reference = ophelp.onnx_runtime(files.onnx, files.test)
    ours = ophelp.feed(tmp_path / "y.npz")
    assert sorted(ours) == sorted(reference)
    assert ophelp.float_differences(ours, reference, FLOAT_TOLERANCE) == {}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("family", opmodels.FAMILIES)
def test_simulation_equals_module(workshop, family, batch):
    made = workshop.make(family)
    answer = assert_equal(made, made.quantized, "--batch", batch)
    constant = {t["name"] for t in answer["tensors"] if t.get("distinct_codes") == 1}
    assert constant == CONSTANT.get(family, set())


@pytest.mark.parametrize("threads", RUNS)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("family", opmodels.FAMILIES)
def test_simulation_equals_program(workshop, family, isa, threads):
    if isa not in HERE:
        pytest.skip(f"this CPU has no {isa}")
    made = workshop.make(family)
    assert_equal(made, made.program, "--threads", threads, "--batch", RUNS[threads], isa=isa)


@pytest.mark.parametrize("family", opmodels.FAMILIES)
def test_module_near_float(workshop, family):
    """Equal codes could be equally wrong: on calibration data they stay close to the float values."""
    made = workshop.make(family)
    rows = driver.compare(made.files.onnx, made.quantized, made.files.calib)
    assert {t["name"] for t in rows} >= set(ophelp.onnx_runtime(made.files.onnx, made.files.calib))
    far = {t["name"]: t["sqnr_db"] for t in rows
           if isinstance(t["sqnr_db"], float) and t["sqnr_db"] < LEAST_SQNR}
    assert far == {}


@pytest.mark.parametrize("form, family", [(form, family) for form in FORMS
                                          for family in NARROW.get(form, VARIED)])
def test_forms_of_codes(workshop, form, family):
    """Other codes than the default: bits, sign, scheme, granularity, residual form."""
    made = workshop.make(family, FORMS[form])
    assert_equal(made, made.quantized)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))


@pytest.mark.parametrize("family", VARIED)
def test_target_arm(workshop, family):
    made = workshop.make(family, target="arm")
    assert_equal(made, made.quantized)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))


@pytest.mark.parametrize("observer", OBSERVERS)
def test_observers(workshop, observer):
    made = workshop.make("squeeze_excite", {"global": {"activation": {"observer": observer}}})
    assert_equal(made, made.quantized)
    assert_equal(made, made.program)


@pytest.mark.parametrize("family, layers, kinds", [
    ("squeeze_excite", ["se.reduce"], []), ("squeeze_excite", ["depth.bn.conv", "expand.bn.conv"], []),
    ("small_unet", ["low.bn.conv"], []), ("small_unet", ["up"], []),
    ("residual", ["trunk.bn.conv"], []), ("residual", [], ["add"]), ("cat", ["a", "h", "s"], []),
    ("pad", [], ["conv2d"]), ("scalars", [], ["mul_scalar", "add_scalar"]),
    ("shapes", [], ["linear", "mul"]), ("activations_fused", [], ["conv2d"]),
    ("avg_pool2d", [], ["avg_pool2d"]), ("linear", ["linear.second"], []),
    ("conv_transpose2d", [], ["conv_transpose2d"]), ("matmul", [], ["matmul"])])
def test_float_layers(workshop, family, layers, kinds):
    """Layers set to null stay float with a reason; all others keep equal codes."""
    config = {"module_name": dict.fromkeys(layers), "object_type": dict.fromkeys(kinds)}
    made = workshop.make(family, config)
    assert_equal(made, made.quantized, behind_float=True)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))
    text = made.quantized.read_text()
    for entry in (*(f"module_name '{n}'" for n in layers), *(f"object_type '{k}'" for k in kinds)):
        assert entry in text


@pytest.mark.parametrize("family", ["conv2d_wide", "linear", "matmul", "cat", "residual"])
def test_all_float(workshop, tmp_path, family):
    """A configuration that quantizes nothing leaves the float network."""
    made = workshop.make(family, {"global": None})
    assert ophelp.quantized_names(made.info()) == []
    reference = ophelp.onnx_runtime(made.files.onnx, made.files.test)
    for module in (made.quantized, made.program):
        driver.run("run", module, "--input", made.files.test, "--output", tmp_path / "y.npz")
        ours = ophelp.feed(tmp_path / "y.npz")
        assert ophelp.float_differences(ours, reference, FLOAT_TOLERANCE) == {}


def test_fixed_parameters(workshop):
    """An input whose parameters the configuration fixes: pixels of [0, 1]."""
    config = {"fixed_qparams": {"x": {"scale": 1 / 255, "zero_point": 0}}}
    made = workshop.make("conv2d_wide", config)
    assert_equal(made, made.quantized)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))
    assert "fixed" in made.quantized.read_text()


@pytest.mark.parametrize("port", ["inputs", "outputs"])
@pytest.mark.parametrize("family", ["conv2d", "linear", "residual", "shapes", "movement_only"])
def test_float_ports(workshop, family, port):
    """Inputs or outputs that stay float by configuration."""
    made = workshop.make(family, {port: "float"})
    assert_equal(made, made.quantized)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))


DYNAMIC = {"object_type": {"linear": "dynamic"}}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("isa", ISAS)
def test_dynamic_linears(workshop, isa, alone):
    """Linear layers in every form with parameters found at run time, beside float and beside static layers."""
    if isa not in HERE:
        pytest.skip(f"this CPU has no {isa}")
    made = workshop.make("linear", {**DYNAMIC, "global": None} if alone else DYNAMIC)
    assert "nn.linear" not in made.quantized.read_text()
    for other, options, on in ((made.quantized, (), None), (made.program, ("--threads", 2), isa)):
        answer = assert_equal(made, other, *options, isa=on)
        bits = [t["bits_differ"] for t in answer["tensors"] if t.get("bits_differ") is not None]
        assert len(bits) > 10 and not any(bits)


@pytest.mark.parametrize("family", ["conv2d_wide", "shapes", "matmul", "small_unet", "residual"])
def test_fixed_batch(workshop, family):
    """The model's batch is fixed, or compile fixes it."""
    made = workshop.make(family, batch=2)
    assert_equal(made, made.quantized)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))
    made = workshop.make(family, fix_batch=3)
    assert_equal(made, made.program, "--threads", 2, isa=next(NEXT))


def test_every_op_is_here(workshop):
    """The models hold each op of the vocabulary, and each activation as a fused one."""
    ops, acts = set(), set()
    for family in opmodels.FAMILIES:
        more = ophelp.ops_in(workshop.make(family).quantized)
        ops |= more[0]
        acts |= more[1]
    ops |= ophelp.ops_in(workshop.make("linear", DYNAMIC).quantized)[0]
    assert ophelp.vocabulary() - {"parameter"} - ops == set()
    kinds = {"relu", "relu6", "clip", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "hard_swish",
             "gelu", "silu"}
    assert kinds - acts == set()


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(workshop, seed):
    made = workshop.random(seed)
    assert ophelp.differing(made.compare(made.quantized)) == {}
    for isa in HERE:
        answer = made.compare(made.program, "--threads", 2, "--batch", 3, isa=isa)
        assert ophelp.differing(answer) == {}
