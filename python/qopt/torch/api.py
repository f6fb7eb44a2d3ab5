"""What users call: prepare, calibrate, train with switches, convert."""
from . import qconfig
from .convert import convert as _convert
from .errors import TorchError
from .importer import import_model
from .module import PreparedModule

LEARN = (None, "scale", "scale_and_zero_point")


def prepare_qat(model, example_inputs, qconfig_mapping=None, *, target="x86", learn=None):
    """An unchanged torch.nn.Module in, one to train out.

    model           -- any module that torch.export takes; it is copied, not changed
    example_inputs  -- a tensor, a tuple of arguments, or a dict of keyword arguments; dimension 0 of the
                       tensors is the batch and stays free
    qconfig_mapping -- our configuration (dict, JSON text, path; docs/stages/QConfig.md) or a torch.ao
                       QConfigMapping; default: u8 activations by running min and max, s8 weights per channel
    target          -- "x86", "arm", or the path of a target specification
    learn           -- None, "scale" (LSQ) or "scale_and_zero_point": what gradients train, where the
                       configuration does not say it (`learned`)

    Returns a PreparedModule in train() mode whose parameters have the model's names. Make the optimizer
    from its parameters(). Raises TorchError (a model that torch.export or the IR cannot take, with module
    path and aten op) and qopt.Error (a configuration that does not fit).
    """
    if learn not in LEARN:
        raise TorchError(f"learn is {learn!r}; expected one of {', '.join(map(repr, LEARN))}")
    return _prepare(model, example_inputs, qconfig_mapping, target, learn, training=True).train()


def prepare(model, example_inputs, qconfig_mapping=None, *, target="x86"):
    """For post-training quantization: as prepare_qat, in eval() mode; calibrate() comes next."""
    return _prepare(model, example_inputs, qconfig_mapping, target, None, training=False).eval()


def _prepare(model, example_inputs, mapping, target, learn, training):
    from qopt import Builder
    if isinstance(model, PreparedModule):
        raise TorchError("the model is prepared already; prepare the float model")
    imported = import_model(model, example_inputs, Builder)
    config = qconfig.without(qconfig.to_json(mapping, training, learn), imported.outside)
    return PreparedModule(imported, model, config, target)


def calibrate(prepared, data=None, progress=None):
    """Feeds samples to the observers by the native calibrate stage; all of its observers work.

    data -- batches: tensors or arrays, tuples of arguments, or dicts by input name; None where nothing but
            weights is observed (dynamic quantization), else qopt.Error names an observer
    progress -- called with the number of samples so far; without it a counter on a terminal

    Scales and zero points of all points are then those of the data, also the starting values of learned
    ones. Returns `prepared`.
    """
    from .calibration import calibrate as run
    return run(prepared, data, progress)


def quantize_dynamic(model, example_inputs, qconfig_mapping=None, *, target="x86", isas=("native",),
                     threads=1):
    """An unchanged torch.nn.Module to an int8 program without any data: linear layers quantize their
    input with the scale and zero point of its range in each call (N17), all else stays float.

    model, example_inputs, target -- as in prepare_qat
    qconfig_mapping -- which layers, and how their weights; default: all linear layers, weights s8 per
                       channel. What needs samples is a qopt.Error that names the observer
    isas, threads   -- as in convert

    Returns a Program. Its results depend on what shares a batch, as those of torch's and ONNX Runtime's
    dynamic quantization do.
    """
    if qconfig_mapping is None:
        qconfig_mapping = {"global": None, "object_type": {"linear": "dynamic"}}
    prepared = calibrate(prepare(model, example_inputs, qconfig_mapping, target=target))
    return convert(prepared, example_inputs, isas=isas, threads=threads)


def convert(prepared, example_inputs, *, isas=("native",), threads=1):
    """The int8 program of a prepared module in its present state (a Program).

    isas -- the instruction sets to compile for: "native", or names as in `qopt compile --isa`
    Raises TorchError where a point has seen no data, and qopt.Error with the layer for what has no
    integer form.
    """
    if not isinstance(prepared, PreparedModule):
        raise TorchError(f"convert takes what prepare_qat or prepare returned, got "
                         f"{type(prepared).__name__}")
    return _convert(prepared, example_inputs, isas, threads)


def modules(root):
    """The prepared modules in a module: itself, or inside a DistributedDataParallel or a larger net."""
    found = [m for m in root.modules() if isinstance(m, PreparedModule)]
    if not found:
        raise TorchError(f"{type(root).__name__} holds no prepared module; expected what prepare_qat or "
                         "prepare returned")
    return found


def freeze_bn(root):
    """Batch-norms stop following batches: from now on training has the codes of the program."""
    for module in modules(root):
        module.frozen = True


def unfreeze_bn(root):
    """Batch-norms follow batches again."""
    for module in modules(root):
        module.frozen = False


def reestimate_bn(root, data):
    """Estimates the running statistics of batch-norms anew, late in training or behind it: what
    quantization and the last steps changed is in them, and no batch weighs more than another.

    root -- what freeze_bn takes (under DistributedDataParallel its `.module`; statistics are then
            those of all ranks)
    data -- batches of inputs, each as example_inputs: a tensor, a tuple of arguments, or a dict

    Fake-quants act as they are set; observers and dropout are off. Each batch is normalized by its own
    statistics; those of all batches are averaged, weighted by samples (docs/stages/QAT.md). Weight
    scales per channel follow, so that the codes of the weights stay. Returns `root`. Raises TorchError
    without data or batch-norms, and for statistics that are not finite; those of before are kept then.
    """
    from .batchnorm import reestimate
    return reestimate(root, modules(root), data)


def _switch(root, flag, value):
    for module in modules(root):
        for point in module.points().values():
            setattr(point, flag, value and not (flag == "observing" and point.fixed))


def enable_observer(root):
    """Observers watch in train() mode."""
    _switch(root, "observing", True)


def disable_observer(root):
    """Ranges stay as they are."""
    _switch(root, "observing", False)


def enable_fake_quant(root):
    """Points quantize, in train() and eval() mode."""
    _switch(root, "quantizing", True)


def disable_fake_quant(root):
    """Points let values pass: the float network."""
    _switch(root, "quantizing", False)


def state(root):
    """{symbol: {"observer", "observing", "quantizing", "learned", "fixed", "batches", "scale",
    "zero_point"}} of every point."""
    return {symbol: point.describe() for module in modules(root)
            for symbol, point in module.points().items()}


