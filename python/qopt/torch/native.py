"""The native side of prepare and convert: which passes run, and how trained values go back.

docs/stages/QAT.md is the contract: the prepared module says what training needs, keeps the names, and takes
the trained parameters, scales and zero points back before it is converted. Batch-norms are folded by the
compiler there (N16), and by functions.py in the simulation.
"""
import warnings

from .errors import QoptWarning

FUSE, PREPARE = "qopt-fuse-pipeline{train=true}", "qopt-prepare-qat-pipeline"
CALIBRATE = "qopt-calibrate-pipeline"  # without samples: observers of constants
SETTLE, CONVERT = "qopt-settle-pipeline", "qopt-convert-pipeline"


def prepared(module, config, target):
    """Takes an imported module to the stage "prepared" for training."""
    tell(module.run(FUSE))
    tell(module.configure(config, target))
    tell(module.run(PREPARE))
    return module


def tell(diagnostics):
    """Warnings of the compiler as Python warnings; remarks stay in the report."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            warnings.warn(f"{diagnostic.location}: {diagnostic.message}".lstrip(": "), QoptWarning,
                          stacklevel=4)


def trained(module, tensors):
    """A copy of a prepared module with new data for its parameters, by name."""
    module = module.clone()
    for name, tensor in tensors.items():
        module.set_data(name, tensor.detach().cpu().contiguous().numpy())
    return module
