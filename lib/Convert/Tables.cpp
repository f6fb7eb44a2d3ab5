//===- Tables.cpp - the table of a pointwise function on codes (N10) ----------------===//

#include "Tables.h"

#include "Codes.h"

#include "dialects/QOpt/QOptDialect.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;

/// One table, or one per channel.
static void setPointwiseTable(PointwiseOpInterface function, Operation *made) {
  const CodeSpace input = codeSpace(uniformType(made->getOperand(0).getType()));
  const CodeSpace output = codeSpace(uniformType(made->getResult(0).getType()));
  const int64_t channels = function.getPointwiseChannels();
  SmallVector<ByteTable, 0> tables;
  for (int64_t channel = 0; channel < std::max<int64_t>(channels, 1); ++channel)
    tables.push_back(buildTable([&](double x) { return function.evaluatePointwise(x, channel); },
                                input, output));
  made->setAttr("table", tableAttr(made->getContext(), tables, channels > 0));
}

/// A tabulated activation between `mid` and the result.
static void setFusedTable(nn::ActAttr act, Operation *made) {
  auto mid = cast<quant::UniformQuantizedType>(made->getAttrOfType<TypeAttr>("mid").getValue());
  const CodeSpace output = codeSpace(uniformType(made->getResult(0).getType()));
  const ByteTable table =
      buildTable([&](double x) { return act.apply(x); }, codeSpace(mid), output);
  made->setAttr("table", tableAttr(made->getContext(), table, /*perChannel=*/false));
}

/// The parameters of the result were computed from the input's: so are its codes (N8).
static LogicalResult setDerivedTable(DerivedResultOpInterface scalar, Operation *original,
                                     FlatSymbolRefAttr observer, Operation *made) {
  const CodeSpace input = codeSpace(uniformType(made->getOperand(0).getType()));
  const CodeSpace output = codeSpace(uniformType(made->getResult(0).getType()));
  const auto derived = scalar.deriveQParams(input.scale, input.zeroPoint, input.qmin, input.qmax);
  if (!derived || derived->first != output.scale || derived->second != output.zeroPoint)
    return original->emitError() << layerName(original) << ": the parameters of " << observer
                                 << ", scale " << output.scale << " and zero point "
                                 << output.zeroPoint
                                 << ", do not follow from the input's any more; calibrate again";
  ByteTable table;
  for (int byte = 0; byte < 256; ++byte) {
    const int32_t raw = input.isSigned ? static_cast<int8_t>(byte) : byte;
    const int32_t code = std::clamp(raw, input.qmin, input.qmax);
    table[byte] =
        static_cast<uint8_t>(scalar.deriveCode(code, input.zeroPoint, input.qmin, input.qmax));
  }
  made->setAttr("table", tableAttr(made->getContext(), table, /*perChannel=*/false));
  return success();
}

LogicalResult convert::setTable(Operation *original, Operation *made) {
  if (auto scalar = dyn_cast<DerivedResultOpInterface>(original)) {
    auto observer = made->getAttrOfType<FlatSymbolRefAttr>(quantize::QOptDialect::kObserverAttr);
    if (quantize::lookupQParams(original, observer).getDerivedFromAttr())
      return setDerivedTable(scalar, original, observer, made);
  }
  if (auto function = dyn_cast<PointwiseOpInterface>(original)) {
    setPointwiseTable(function, made);
    return success();
  }
  auto root = dyn_cast<FusionRootOpInterface>(made);
  auto act = root ? dyn_cast_if_present<nn::ActAttr>(root.getFusedActivation()) : nn::ActAttr();
  if (act && !act.isClamp())
    setFusedTable(act, made);
  return success();
}
