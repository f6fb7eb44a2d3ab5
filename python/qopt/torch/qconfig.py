"""Configurations: our JSON or dict as it is, or a torch.ao QConfigMapping translated into it."""
import json
import os

import torch

from .errors import TorchError

OBSERVERS = {
    "MinMaxObserver": "min_max", "MovingAverageMinMaxObserver": "moving_average_min_max",
    "PerChannelMinMaxObserver": "per_channel_min_max",
    "MovingAveragePerChannelMinMaxObserver": "per_channel_min_max",
    "HistogramObserver": "histogram", "FixedQParamsObserver": "fixed",
}
TRAINING_OBSERVER = "moving_average_min_max"
WEIGHTED = ("conv2d", "conv_transpose2d", "linear")  # what a type's entry may say weights of
PRESETS = {"x86": "u8", "arm": "s8"}
DTYPES = {torch.quint8: "u8", torch.qint8: "s8", torch.uint8: "u8", torch.int8: "s8"}
# torch's object types by the op that they become; others exist in no network of ours.
OBJECT_TYPES = {
    "Conv2d": "conv2d", "conv2d": "conv2d", "ConvTranspose2d": "conv_transpose2d",
    "conv_transpose2d": "conv_transpose2d", "Linear": "linear", "linear": "linear",
    "BatchNorm2d": "batch_norm", "BatchNorm1d": "batch_norm", "batch_norm": "batch_norm",
    "ReLU": "relu", "relu": "relu", "ReLU6": "relu6", "relu6": "relu6", "Hardtanh": "clip",
    "LeakyReLU": "leaky_relu", "leaky_relu": "leaky_relu", "Sigmoid": "sigmoid",
    "sigmoid": "sigmoid", "Tanh": "tanh", "tanh": "tanh", "Hardsigmoid": "hard_sigmoid",
    "hardsigmoid": "hard_sigmoid", "Hardswish": "hard_swish", "hardswish": "hard_swish",
    "GELU": "gelu", "gelu": "gelu", "SiLU": "silu", "silu": "silu", "PReLU": "prelu",
    "prelu": "prelu", "add": "add", "sub": "sub", "mul": "mul", "matmul": "matmul", "cat": "cat",
    "MaxPool2d": "max_pool2d", "max_pool2d": "max_pool2d", "AvgPool2d": "avg_pool2d",
    "avg_pool2d": "avg_pool2d", "AdaptiveAvgPool2d": "adaptive_avg_pool2d",
    "adaptive_avg_pool2d": "adaptive_avg_pool2d", "mean": "reduce_mean",
}


def to_json(mapping, training, learn=None):
    """The configuration as JSON text; in `training` activations without an observer get the running
    range, since searches over histograms belong to calibration, and what says nothing else learns what
    `learn` says."""
    if mapping is None:
        config = {}
    elif isinstance(mapping, dict):
        config = json.loads(json.dumps(mapping))
    elif isinstance(mapping, (str, os.PathLike)):
        config = read(mapping)
    elif type(mapping).__name__ == "QConfigMapping":
        config = of_mapping(mapping)
    else:
        raise TorchError(f"qconfig_mapping is {type(mapping).__name__}; expected a dict, JSON text, the "
                         "path of a .json file, or a torch.ao QConfigMapping")
    if training:
        config.setdefault("global", {})
        config = {key: for_training(key, value, learn) for key, value in config.items()}
    return json.dumps(config)


def read(source):
    """A dict from JSON text or a file."""
    text = str(source)
    if not text.lstrip().startswith("{"):
        try:
            with open(source, encoding="utf-8") as file:
                text = file.read()
        except OSError as error:
            raise TorchError(f"qconfig_mapping: cannot read {source}: {error}") from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise TorchError(f"qconfig_mapping is not JSON: {error}") from error


def for_training(key, value, learn):
    """One top-level entry with its activations' observers and what is learned filled in."""
    if key == "global":
        return rule_for_training(value, learn)
    if key in ("object_type", "module_name", "module_name_regex") and isinstance(value, dict):
        return {name: rule_for_training(rule, learn) for name, rule in value.items()}
    if key == "module_name_object_type_order" and isinstance(value, list):
        return [[*entry[:-1], rule_for_training(entry[-1], learn)] for entry in value]
    return value


def rule_for_training(rule, learn):
    if rule == "dynamic":
        rule = {"activation": {"observer": "dynamic"}}
    if isinstance(rule, str) and rule in PRESETS:
        rule = {"activation": {"dtype": PRESETS[rule]}}
    if not isinstance(rule, dict) or "float" in rule:
        return rule
    activation, weight = dict(rule.get("activation") or {}), dict(rule.get("weight") or {})
    if "scale" not in activation:
        activation.setdefault("observer", TRAINING_OBSERVER)
    if learn and activation.get("observer") not in ("fixed", "dynamic"):
        symmetric = activation.get("scheme") == "symmetric"
        activation.setdefault("learned", "scale" if symmetric else learn)
    if learn:
        weight.setdefault("learned", "scale")
    return {**rule, "activation": activation, **({"weight": weight} if weight else {})}


# ---- torch.ao ------------------------------------------------------------------------------------

def of_mapping(mapping):
    """A QConfigMapping as our configuration."""
    config = {"allow_unmatched": True}
    if mapping.global_qconfig is not None:
        config["global"] = rule_of(mapping.global_qconfig, "global")
    else:
        config["global"] = None
    types = {object_type(k): rule_of(q, f"object type {k}", object_type(k) in WEIGHTED)
             for k, q in mapping.object_type_qconfigs.items() if object_type(k)}
    names = {k: rule_of(q, f"module {k}") for k, q in mapping.module_name_qconfigs.items()}
    patterns = {k: rule_of(q, f"pattern {k}")
                for k, q in mapping.module_name_regex_qconfigs.items()}
    order = [[name, object_type(kind), index, rule_of(q, name)] for (name, kind, index), q in
             mapping.module_name_object_type_order_qconfigs.items() if object_type(kind)]
    for key, entries in (("object_type", types), ("module_name", names),
                         ("module_name_regex", patterns), ("module_name_object_type_order", order)):
        if entries:
            config[key] = entries
    return config


def object_type(kind):
    """Our op's name for a torch class, function or string, or None."""
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
    return OBJECT_TYPES.get(name.rstrip("_"))


def rule_of(qconfig, where, weighted=True):
    """One QConfig as {activation, weight}, or None."""
    if qconfig is None:
        return None
    rule = {"activation": spec_of(qconfig.activation(), where, activation=True)}
    if weighted:
        rule["weight"] = spec_of(qconfig.weight(), where, activation=False)
    return rule


def spec_of(observer, where, activation):
    """The fields of an observer or FakeQuantize instance."""
    learned = type(observer).__name__ == "_LearnableFakeQuantize"
    inner = getattr(observer, "activation_post_process", observer)
    if activation and getattr(inner, "is_dynamic", False) and inner.dtype in DTYPES:
        return {"observer": "dynamic"}  # torch's integer type is its backend's choice: N17 has u8
    kind = OBSERVERS.get(type(inner).__name__)
    if kind is None or inner.dtype not in DTYPES:
        raise TorchError(f"qconfig of {where}: {type(inner).__name__} with {inner.dtype} has no "
                         f"counterpart; supported: {', '.join(OBSERVERS)} with 8-bit types")
    qmin = getattr(observer, "quant_min", getattr(inner, "quant_min", None))
    qmax = getattr(observer, "quant_max", getattr(inner, "quant_max", None))
    spec = {"dtype": DTYPES[inner.dtype], "observer": kind}
    if qmin is not None:
        spec |= {"quant_min": int(qmin), "quant_max": int(qmax)}
    if "symmetric" in str(inner.qscheme):
        spec["scheme"] = "symmetric"
    if not activation:
        spec["observer"] = "per_channel_min_max" if "channel" in str(inner.qscheme) else "min_max"
        spec["granularity"] = "per_channel" if "channel" in str(inner.qscheme) else "per_tensor"
    if kind == "fixed":
        spec |= {"scale": float(inner.scale), "zero_point": int(inner.zero_point)}
    if spec["observer"] == "moving_average_min_max":
        spec["averaging_constant"] = float(inner.averaging_constant)
    if learned:
        spec["learned"] = "scale"
    return spec


def without(text, layers, reason="outside QuantStub"):
    """The configuration with these layers left in float."""
    if not layers:
        return text
    config = json.loads(text)
    config["module_name"] = {**config.get("module_name", {}),
                             **{layer: {"float": reason} for layer in layers}}
    return json.dumps({**config, "allow_unmatched": True})
