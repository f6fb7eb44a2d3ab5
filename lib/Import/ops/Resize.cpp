//===- Resize.cpp - Resize, Upsample, DepthToSpace -----------------------------------===//

#include "../NodeContext.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

namespace {
/// Sizes and scales of the two spatial dimensions.
struct Target {
  SmallVector<int64_t> size;
  SmallVector<double> scale;
};
} // namespace

/// Checks that the outer entries (batch and channels) stay, and keeps the last two.
template <typename T>
static LogicalResult keepSpatial(NodeContext &node, SmallVectorImpl<T> &entries,
                                 ArrayRef<int64_t> input, bool isScale) {
  if (entries.size() == 2)
    return success();
  bool outerStay = entries.size() == 4;
  for (size_t i = 0; outerStay && i < 2; ++i)
    outerStay = entries[i] == (isScale ? T(1) : T(input[i])) ||
                (!isScale && ShapedType::isDynamic(input[i]));
  if (!outerStay)
    return node.error() << "only the two spatial dimensions can be resized";
  entries.erase(entries.begin(), entries.begin() + 2);
  return success();
}

static FailureOr<Target> fromScales(NodeContext &node, const Constant &constant,
                                    ArrayRef<int64_t> input) {
  Target target;
  target.scale = *constant.numbers();
  if (failed(keepSpatial(node, target.scale, input, /*isScale=*/true)))
    return failure();
  for (size_t i = 0; i < 2; ++i) {
    if (!(target.scale[i] > 0.0))
      return node.error() << "scales must be positive, got " << target.scale[i];
    target.size.push_back(static_cast<int64_t>(std::floor(input[2 + i] * target.scale[i])));
  }
  return target;
}

static FailureOr<Target> fromSizes(NodeContext &node, const Constant &constant,
                                   ArrayRef<int64_t> input) {
  Target target;
  std::vector<SymInt> entries(constant.ints);
  if (entries.size() == 4) // the batch may be symbolic
    entries.erase(entries.begin(), entries.begin() + 2);
  for (const SymInt &entry : entries)
    target.size.push_back(entry.timesBatch ? -1 : entry.value);
  if (target.size.size() != 2 || target.size[0] < 1 || target.size[1] < 1)
    return node.error() << "sizes must be four (or the two spatial) positive constants";
  if (constant.ints.size() == 4 && !(constant.ints[1] == SymInt{input[1], false}))
    return node.error() << "only the two spatial dimensions can be resized";
  for (size_t i = 0; i < 2; ++i)
    target.scale.push_back(static_cast<double>(target.size[i]) / input[2 + i]);
  return target;
}

/// Where the sizes come from: Upsample and Resize 10 have scales in input 1; later ones
/// scales in 2 or sizes in 3.
static FailureOr<Target> readTarget(NodeContext &node, ArrayRef<int64_t> input) {
  const bool old = node.node().op == "Upsample" || node.opset() < 11;
  const unsigned scalesAt = old ? 1 : 2;
  const ConstantRef scales = node.constant(scalesAt), sizes = node.constant(3);
  if (scales && !scales->isInt && scales->size() > 0)
    return fromScales(node, *scales, input);
  if (!old && sizes && sizes->isInt && sizes->size() > 0)
    return fromSizes(node, *sizes, input);
  return node.error() << "the sizes are computed at run time; expected constant scales or sizes";
}

static FailureOr<nn::CoordMode> coordMode(NodeContext &node) {
  const std::string mode = node.getString("coordinate_transformation_mode",
                                          node.opset() < 11 ? "asymmetric" : "half_pixel");
  const std::optional<nn::CoordMode> known =
      nn::symbolizeCoordMode(mode == "tf_half_pixel_for_nn" ? StringRef() : StringRef(mode));
  if (!known)
    return node.error() << "coordinate_transformation_mode '" << mode
                        << "' is not supported; expected half_pixel, pytorch_half_pixel, "
                           "align_corners or asymmetric";
  return *known;
}

static FailureOr<nn::NearestMode> nearestMode(NodeContext &node) {
  const std::string mode =
      node.getString("nearest_mode", node.opset() < 11 ? "floor" : "round_prefer_floor");
  const std::optional<nn::NearestMode> known = nn::symbolizeNearestMode(mode);
  if (!known)
    return node.error() << "nearest_mode '" << mode
                        << "' is not known; expected round_prefer_floor, round_prefer_ceil, "
                           "floor or ceil";
  return *known;
}

static LogicalResult importResize(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  if (shape.size() != 4)
    return node.error() << "expected an input of rank 4, got " << input->getType();
  for (const StringRef name : {"antialias", "exclude_outside"})
    if (node.getInt(name, 0) != 0)
      return node.error() << name << " is not supported; export without it";
  if (node.hasAttr("axes"))
    return node.error() << "the attribute axes is not supported; give all four dimensions";
  const FailureOr<Target> target = readTarget(node, shape);
  const FailureOr<nn::CoordMode> coords = coordMode(node);
  if (failed(target) || failed(coords))
    return failure();
  MLIRContext *context = node.builder().getContext();
  SmallVector<NamedAttribute> attributes{
      node.i64s("output_size", target->size),
      node.attr("scales", nn::NumbersAttr::get(node.builder().getContext(),
                                               node.builder().getDenseF64ArrayAttr(target->scale))),
      node.attr("coord_mode", nn::CoordModeAttr::get(context, *coords))};
  const std::string mode = node.getString("mode", "nearest");
  if (mode == "linear" || mode == "bilinear")
    return node.emit<nn::ResizeBilinearOp>(*input, attributes);
  if (mode != "nearest")
    return node.error() << "mode '" << mode << "' is not supported; expected nearest or linear";
  const FailureOr<nn::NearestMode> rounding = nearestMode(node);
  if (failed(rounding))
    return failure();
  attributes.push_back(node.attr("nearest_mode", nn::NearestModeAttr::get(context, *rounding)));
  return node.emit<nn::ResizeNearestOp>(*input, attributes);
}

static LogicalResult importDepthToSpace(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const std::string mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.error() << "unknown mode '" << mode << "'; expected DCR or CRD";
  return node.emit<nn::DepthToSpaceOp>(*input, {node.i64("block", node.getInt("blocksize", 0)),
                                                node.flag("column_major", mode == "CRD")});
}

llvm::ArrayRef<OpRow> importer::resizeRows() {
  static constexpr OpRow rows[] = {
      {"Resize", 10, kLastOpset, importResize, "resize_nearest resize_bilinear"},
      {"Upsample", 9, 9, importResize, "resize_nearest resize_bilinear"},
      {"DepthToSpace", 1, kLastOpset, importDepthToSpace, "depth_to_space"},
  };
  return rows;
}
