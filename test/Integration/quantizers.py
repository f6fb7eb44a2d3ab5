"""Models quantized by other tools: ONNX Runtime's static quantizer and NNCF.

Each maker takes a float ONNX model with calibration samples and writes a quantized ONNX model.
"""
import contextlib
import functools
import io
import logging
import pathlib
import sys
import warnings

import numpy as np
import onnx

import models


def inputs_of(path):
    """[(name, shape)] of a model's real inputs, unknown sizes as None."""
    graph = onnx.load(str(path), load_external_data=False).graph
    stored = {t.name for t in graph.initializer}
    return [(v.name, [d.dim_value or None for d in v.type.tensor_type.shape.dim])
            for v in graph.input if v.name not in stored]


def feeds(path, samples):
    """The samples (count, ...) as feeds of the one input: a batch each."""
    (name, shape), = inputs_of(path)
    batch = shape[0] or 8
    for start in range(0, len(samples) - batch + 1, batch):
        yield {name: np.ascontiguousarray(samples[start:start + batch], np.float32)}


class Reader:
    """ONNX Runtime's CalibrationDataReader."""

    def __init__(self, path, samples):
        self.left = feeds(path, samples)

    def get_next(self):
        return next(self.left, None)


def preprocessed(path, folder):
    """Batch-norms folded by ONNX Runtime's own preparation."""
    from onnxruntime.quantization.shape_inference import quant_pre_process
    out = pathlib.Path(folder) / (pathlib.Path(path).stem + ".pre.onnx")
    if not out.exists():
        quant_pre_process(str(path), str(out), skip_symbolic_shape=True)
    return out


def by_onnx_runtime(path, samples, out, form="qdq", per_channel=True, activation="u8", weight="s8",
                    **options):
    """Static quantization; `form` is qdq or qoperator, types are u8 or s8."""
    import onnxruntime as ort
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    ort.set_default_logger_severity(3)
    logging.disable(logging.WARNING)
    types = {"u8": QuantType.QUInt8, "s8": QuantType.QInt8, "u16": QuantType.QUInt16}
    quantize_static(
        str(preprocessed(path, pathlib.Path(out).parent)), str(out), Reader(path, samples),
        quant_format=QuantFormat.QDQ if form == "qdq" else QuantFormat.QOperator,
        per_channel=per_channel, activation_type=types[activation], weight_type=types[weight],
        **options)
    return out


def by_nncf(path, samples, out):
    """NNCF's post-training quantization of the ONNX model, QDQ.

    With one scale a value: by itself NNCF quantizes the inputs of depthwise layers per channel,
    which import refuses (N1).
    """
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nncf
        from nncf.quantization.advanced_parameters import (AdvancedQuantizationParameters,
                                                           QuantizationParameters)
    per_tensor = AdvancedQuantizationParameters(
        activations_quantization_params=QuantizationParameters(per_channel=False))
    nncf.set_log_level(logging.ERROR)
    model = onnx.load(str(preprocessed(path, pathlib.Path(out).parent)))
    batches = list(feeds(path, samples))
    quantized = nncf.quantize(model, nncf.Dataset(batches, lambda feed: feed),
                              subset_size=len(batches), advanced_parameters=per_tensor)
    onnx.save(quantized, str(out))
    return out


def exact_session(path, optimized=None):
    """A session on kernels that do not saturate (the default ones do on CPUs with AVX2 only).

    `optimized`: where to write the model as ONNX Runtime runs it, before it changes layouts (and
    with them the names of values).
    """
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")
    if optimized:
        options.optimized_model_filepath = str(optimized)
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    model = path if isinstance(path, bytes) else str(path)
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@functools.lru_cache
def photographs(split, count, raw=False):
    """Images of CIFAR-10 (count, 3, 32, 32): f32 normalised, or the bytes."""
    sys.path.insert(0, str(models.data_folder()))
    try:
        import cifar10
        return (cifar10.load_u8 if raw else cifar10.load)(split, count)[0]
    finally:
        sys.path.pop(0)


def real_net(name):
    """A net of the folder of real data: (onnx, calibration samples, test samples)."""
    data = models.data_folder()
    if name == "mnist":
        import gzip
        with gzip.open(data / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
            images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
        x = images.astype(np.float32)
        return data / "mnist" / "mnist-8.onnx", x[:256], x[256:1256]
    if name == "ds_cnn":
        x = np.load(data / "kws" / "kws01.npz")["x"].astype(np.float32)
        return data / "kws" / "ds_cnn.onnx", x[:100], x
    if name == "resnet8":
        calib, test = (photographs(split, 1000, raw=True) for split in ("train", "test"))
        return (data / "resnet8" / "ResNet8_fp32.onnx",
                *(np.ascontiguousarray(x.transpose(0, 2, 3, 1), np.float32) for x in (calib, test)))
    onnx_path, calib, test = models.make(name, 64)
    if name in models.SIZED:  # random weights see real images
        return onnx_path, *(photographs(split, 1000).repeat(2, 2).repeat(2, 3)
                            for split in ("train", "test"))
    return onnx_path, np.load(calib)["x"], np.load(test)["x"]
