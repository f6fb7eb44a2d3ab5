"""Quantization-aware training and post-training quantization of PyTorch models.

    prepared = qopt.torch.prepare_qat(model, example_inputs)
    ...                                             # your own training loop on `prepared`
    qopt.torch.freeze_bn(prepared)                  # late in training, if you like
    program = qopt.torch.convert(prepared, example_inputs)
    logits = program(x)

The model needs no stubs and no rewriting; one written for eager mode imports as it is. What runs is
what was simulated: in eval() mode, and in training with frozen batch-norm, the prepared module's
codes are those of the program.
"""
from .api import (calibrate, convert, disable_fake_quant, disable_observer, enable_fake_quant,
                  enable_observer, freeze_bn, prepare, prepare_qat, quantize_dynamic, reestimate_bn,
                  state, unfreeze_bn)
from .convert import Program
from .errors import QoptWarning, TorchError
from .module import PreparedModule

__all__ = ["PreparedModule", "Program", "QoptWarning", "TorchError", "calibrate", "convert",
           "disable_fake_quant", "disable_observer", "enable_fake_quant", "enable_observer",
           "freeze_bn", "prepare", "prepare_qat", "quantize_dynamic", "reestimate_bn", "state",
           "unfreeze_bn"]
