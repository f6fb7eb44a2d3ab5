//===- Attributes.cpp - plain values to the attributes that an op expects -------------===//

#include "lib/CAPI/Attributes.h"
#include "lib/CAPI/Internal.h"

#include "dialects/NN/NN.h"
#include "qopt/Support/Text.h"

#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::capi;

/// The constraint that the op's definition puts on its attribute `name`.
static bool accepts(OperationName op, StringRef name, Attribute value) {
  MLIRContext *context = op.getContext();
  ScopedDiagnosticHandler quiet(context, [](Diagnostic &) { return success(); });
  NamedAttrList attributes;
  attributes.set(name, value);
  return succeeded(op.verifyInherentAttrs(
      attributes, [&] { return emitError(UnknownLoc::get(context)) << "not accepted"; }));
}

static Attribute actOf(MLIRContext *context, const qopt_attr &plain) {
  const std::optional<nn::ActKind> kind = nn::symbolizeActKind(plain.text ? plain.text : "");
  if (!kind)
    return {};
  const double a = plain.count > 0 ? plain.numbers[0] : 0.0;
  const double b = plain.count > 1 ? plain.numbers[1] : 0.0;
  return nn::ActAttr::get(context, *kind, a, b);
}

/// The forms that a plain value can take, the likeliest first.
static SmallVector<Attribute, 3> formsOf(MLIRContext *context, const qopt_attr &plain) {
  Builder builder(context);
  switch (plain.kind) {
  case QOPT_ATTR_BOOL:
    return {builder.getBoolAttr(plain.integer != 0)};
  case QOPT_ATTR_INT: {
    const auto real = static_cast<double>(plain.integer);
    return {builder.getI64IntegerAttr(plain.integer), builder.getF64FloatAttr(real),
            builder.getF32FloatAttr(static_cast<float>(real))};
  }
  case QOPT_ATTR_FLOAT:
    return {builder.getF64FloatAttr(plain.number),
            builder.getF32FloatAttr(static_cast<float>(plain.number))};
  case QOPT_ATTR_STRING: {
    ScopedDiagnosticHandler quiet(context, [](Diagnostic &) { return success(); });
    const std::string text = (Twine("#nn<") + plain.name + " " + plain.text + ">").str();
    const Attribute asCase = parseAttribute(text, context);
    const Attribute asText = builder.getStringAttr(plain.text);
    return asCase ? SmallVector<Attribute, 3>{asCase, asText} : SmallVector<Attribute, 3>{asText};
  }
  case QOPT_ATTR_INTS: {
    const ArrayRef<int64_t> list(plain.integers, plain.count);
    const SmallVector<double> reals(list.begin(), list.end());
    return {builder.getDenseI64ArrayAttr(list),
            nn::NumbersAttr::get(context, builder.getDenseF64ArrayAttr(reals))};
  }
  case QOPT_ATTR_FLOATS:
    return {nn::NumbersAttr::get(
        context, builder.getDenseF64ArrayAttr(ArrayRef<double>(plain.numbers, plain.count)))};
  case QOPT_ATTR_ACT:
    return {actOf(context, plain)};
  }
  return {};
}

Attribute capi::attributeFor(OperationName op, const qopt_attr &plain) {
  const std::string opName = op.getStringRef().str();
  std::vector<std::string> names;
  for (const StringAttr name : op.getAttributeNames())
    names.push_back(name.str());
  const StringRef name = plain.name;
  if (!llvm::is_contained(names, name)) {
    fail(opName + " has no attribute '" + name + "'" + didYouMean(name, names) + "; it has " +
         joinList(names));
    return {};
  }
  for (const Attribute form : formsOf(op.getContext(), plain))
    if (form && accepts(op, name, form))
      return form;
  fail(opName + ": attribute '" + name + "' does not take that value" +
       (plain.text ? " ('" + std::string(plain.text) + "')" : std::string()));
  return {};
}
