"""The models of the op tests by name; several forms of an op are layers of one model.

    opmodels.py [NAME ...] [--out FOLDER]       writes them, and checks them with ONNX Runtime
"""
import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import opmodels_compute as compute  # noqa: E402
import opmodels_fused as fused  # noqa: E402
import opmodels_pointwise as pointwise  # noqa: E402
import opmodels_shape as shape  # noqa: E402
from opnet import Net  # noqa: E402

FUNCTIONS = [
    compute.conv2d, compute.conv2d_groups, compute.conv2d_wide, compute.conv_transpose2d,
    compute.conv1d, compute.linear, compute.matmul, compute.batch_norm, compute.float_constants,
    pointwise.activations, pointwise.activations_first, pointwise.activations_fused,
    pointwise.gelu_op, pointwise.softmax, pointwise.binary, pointwise.binary_constants,
    pointwise.scalars, shape.max_pool2d, shape.avg_pool2d, shape.reduce_mean, shape.cat, shape.pad,
    shape.shapes, shape.depth_to_space, shape.resize_nearest, shape.resize_bilinear,
    shape.resize_sizes, fused.residual, fused.shared, fused.squeeze_excite, fused.small_unet,
    fused.movement_only,
]
FAMILIES = {function.__name__: function for function in FUNCTIONS}
OPSETS = {"gelu_op": 20}
BATCHES = {"resize_sizes": 2}  # every other model has a free batch


def build(name, batch=None):
    """The Net of a family; `batch` fixes its batch size."""
    net = Net(name if batch is None else f"{name}_batch{batch}", opset=OPSETS.get(name, 17),
              batch=batch or BATCHES.get(name, "N"))
    FAMILIES[name](net)
    return net


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default all")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parents[1] / "build" / "op_models")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    import ophelp
    for name in options.names or FAMILIES:
        files = build(name).save(options.out)
        outputs = ophelp.onnx_runtime(files.onnx, files.test)
        print(f"{name}: {len(outputs)} outputs, {files.onnx}")


if __name__ == "__main__":
    main()
