//===- Builder.cpp - a module op by op ----------------------------------------------===//

#include "qopt-c/Builder.h"
#include "lib/CAPI/Attributes.h"
#include "lib/CAPI/Internal.h"

#include "dialects/NN/Names.h"
#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::capi;
using quantize::QOptDialect;

struct qopt_builder {
  std::unique_ptr<qopt_module> module;
  func::FuncOp function;
  std::vector<Value> values;
  llvm::StringSet<> parameters;

  MLIRContext *context() { return module->context.get(); }
  OpBuilder atEnd() {
    OpBuilder builder(context());
    builder.setInsertionPointToEnd(&function.getBody().front());
    return builder;
  }
};

//===-- inputs ----------------------------------------------------------------------===//

/// The type of an input; null after fail().
static Type typeOf(const qopt_input &input, MLIRContext *context) {
  const std::string name = input.name ? input.name : "";
  if (name.empty() || input.rank < 1 || input.rank > QOPT_MAX_RANK) {
    fail("input '" + name + "': expected a name and a rank of 1 to " + Twine(QOPT_MAX_RANK) +
         ", got rank " + Twine(input.rank));
    return {};
  }
  SmallVector<int64_t> shape(input.shape, input.shape + input.rank);
  if (shape[0] == -1)
    shape[0] = ShapedType::kDynamic;
  for (const auto [axis, size] : llvm::enumerate(shape))
    if (size < 1 && !(axis == 0 && ShapedType::isDynamic(size))) {
      fail("input '" + name + "': size " + Twine(size) + " of dimension " + Twine(axis) +
           "; expected at least 1, or -1 for the batch in dimension 0");
      return {};
    }
  return RankedTensorType::get(shape, Float32Type::get(context));
}

qopt_builder *qopt_builder_create(const qopt_input *inputs, size_t num_inputs) {
  auto builder = std::make_unique<qopt_builder>();
  builder->module = std::make_unique<qopt_module>();
  builder->module->context = makeContext();
  MLIRContext *context = builder->context();
  SmallVector<Type> types;
  for (const qopt_input &input : ArrayRef(inputs, num_inputs)) {
    types.push_back(typeOf(input, context));
    if (!types.back())
      return nullptr;
  }
  const Location location = UnknownLoc::get(context);
  builder->module->module = ModuleOp::create(location);
  ModuleOp module = *builder->module->module;
  Builder attributes(context);
  module->setAttr(QOptDialect::kVersionAttr, attributes.getI64IntegerAttr(QOptDialect::kVersion));
  module->setAttr(QOptDialect::kNumericsAttr, quantize::NumericsAttr::get(context, "qopt.v1"));
  builder->function = func::FuncOp::create(location, "main", FunctionType::get(context, types, {}));
  module.push_back(builder->function);
  Block *body = builder->function.addEntryBlock();
  for (const auto [index, argument] : llvm::enumerate(body->getArguments())) {
    builder->function.setArgAttr(index, nn::NNDialect::kNameAttr,
                                 attributes.getStringAttr(inputs[index].name));
    builder->values.push_back(argument);
  }
  return builder.release();
}

void qopt_builder_free(qopt_builder *builder) {
  if (builder && builder->module)
    builder->module->module = nullptr; // before its context
  delete builder;
}

//===-- ops -------------------------------------------------------------------------===//

qopt_value qopt_builder_parameter(qopt_builder *builder, const char *name,
                                  const qopt_array *array) {
  if (!builder->parameters.insert(name).second) {
    fail("parameter '" + Twine(name) + "' exists already");
    return QOPT_NO_VALUE;
  }
  if (array->dtype != QOPT_F32) {
    fail("parameter '" + Twine(name) + "': expected f32");
    return QOPT_NO_VALUE;
  }
  if (array->rank > QOPT_MAX_RANK || (!array->data && array->rank)) {
    fail("parameter '" + Twine(name) + "': no data, or a rank above " + Twine(QOPT_MAX_RANK));
    return QOPT_NO_VALUE;
  }
  const ArrayRef<int64_t> shape(array->shape, array->rank);
  const std::optional<int64_t> count = checkedNumElements(shape);
  if (!count) {
    fail("parameter '" + Twine(name) + "': the shape " + shapeText(shape) + " is not valid");
    return QOPT_NO_VALUE;
  }
  OpBuilder at = builder->atEnd();
  const Location location = NameLoc::get(at.getStringAttr(name));
  const ArrayRef<float> data(static_cast<const float *>(array->data), *count);
  builder->values.push_back(nn::createParameter(at, location, name, shape, data));
  return static_cast<qopt_value>(builder->values.size()) - 1;
}

/// Operands, and the sizes of their groups where the op counts them.
static bool addOperands(qopt_builder *builder, const qopt_op &op, OperationState &state) {
  SmallVector<int32_t> segments;
  for (const qopt_value value : ArrayRef(op.operands, op.num_operands)) {
    segments.push_back(value == QOPT_NO_VALUE ? 0 : 1);
    if (value == QOPT_NO_VALUE)
      continue;
    if (value < 0 || value >= static_cast<qopt_value>(builder->values.size())) {
      fail(Twine(op.op) + " '" + op.name + "': there is no value " + Twine(value));
      return false;
    }
    state.addOperands(builder->values[value]);
  }
  static constexpr StringLiteral kSegments = "operandSegmentSizes";
  for (const StringAttr name : state.name.getAttributeNames())
    if (name == kSegments) {
      segments.resize(std::max<size_t>(segments.size(), 4), 0); // absent ones at the end
      state.addAttribute(kSegments, DenseI32ArrayAttr::get(builder->context(), segments));
    }
  return true;
}

/// Number of operands, and the attributes that the op cannot do without: the inference of shapes
/// relies on them. False after fail().
static bool checkForm(Operation *op, const std::string &where) {
  const QuantRule &rule = cast<QuantizableOpInterface>(op).getQuantRule();
  const size_t required = llvm::count_if(rule.operands, [](OperandRole role) {
    return role != OperandRole::Bias && role != OperandRole::Residual;
  });
  const bool variadic = rule.result == ResultRule::Shared;
  const size_t count = op->getNumOperands();
  if (count < required || (!variadic && count > rule.operands.size())) {
    fail(where + ": got " + Twine(count) + " operands, expected " + Twine(required) +
         (variadic                           ? " or more"
          : required == rule.operands.size() ? Twine("")
                                             : " to " + Twine(rule.operands.size())));
    return false;
  }
  static constexpr StringRef optional[] = {"act", "mid", "table"};
  for (const StringAttr name : op->getName().getAttributeNames())
    if (!llvm::is_contained(optional, name.strref()) && !op->getAttr(name)) {
      fail(where + ": attribute '" + name.strref() + "' is missing");
      return false;
    }
  return true;
}

qopt_status qopt_builder_op(qopt_builder *builder, const qopt_op *op, qopt_value *first) {
  if (!builder->module)
    return fail("the builder is finished");
  MLIRContext *context = builder->context();
  if (!op->op || !op->name)
    return fail("an op needs 'op' and 'name'");
  const std::optional<RegisteredOperationName> known =
      RegisteredOperationName::lookup(op->op, context);
  if (!known || !known->hasInterface<ShapeOpInterface>() ||
      !known->hasInterface<QuantizableOpInterface>())
    return fail("there is no op '" + Twine(op->op) + "' to build a network of");
  const std::string where = (Twine(op->op) + " '" + op->name + "'").str();
  Listener listener(context);
  OpBuilder at = builder->atEnd();
  OperationState state(NameLoc::get(at.getStringAttr(op->layer ? op->layer : op->name)), *known);
  if (!addOperands(builder, *op, state))
    return QOPT_ERROR;
  for (const qopt_attr &plain : ArrayRef(op->attrs, op->num_attrs)) {
    const Attribute value = attributeFor(*known, plain);
    if (!value)
      return QOPT_ERROR;
    state.addAttribute(plain.name, value);
  }
  state.addAttribute(nn::NNDialect::kNameAttr, at.getStringAttr(op->name));
  if (op->layer)
    state.addAttribute(nn::NNDialect::kLayerAttr, at.getStringAttr(op->layer));
  const size_t results = op->num_results ? op->num_results : 1;
  state.addTypes(SmallVector<Type>(results, RankedTensorType::get({}, at.getF32Type())));
  Operation *made = at.create(state);
  if (!checkForm(made, where)) {
    made->erase();
    return QOPT_ERROR;
  }
  if (failed(nn::inferAndSetResultTypes(made, at.getF32Type())) || failed(verify(made))) {
    made->erase();
    return listener.finish(false, where + " is not valid");
  }
  *first = static_cast<qopt_value>(builder->values.size());
  builder->values.insert(builder->values.end(), made->result_begin(), made->result_end());
  return QOPT_OK;
}

qopt_status qopt_builder_shape(const qopt_builder *builder, qopt_value value,
                               int64_t shape[QOPT_MAX_RANK], uint32_t *rank) {
  if (value < 0 || value >= static_cast<qopt_value>(builder->values.size()))
    return fail("there is no value " + Twine(value));
  const auto type = cast<RankedTensorType>(builder->values[value].getType());
  if (type.getRank() > QOPT_MAX_RANK)
    return fail("value " + Twine(value) + " has rank " + Twine(type.getRank()));
  *rank = static_cast<uint32_t>(type.getRank());
  for (const auto [axis, size] : llvm::enumerate(type.getShape()))
    shape[axis] = ShapedType::isDynamic(size) ? -1 : size;
  return QOPT_OK;
}

//===-- the end ---------------------------------------------------------------------===//

qopt_module *qopt_builder_finish(qopt_builder *builder, const qopt_value *outputs,
                                 const char *const *names, size_t num_outputs) {
  if (!builder->module) {
    fail("the builder is finished");
    return nullptr;
  }
  MLIRContext *context = builder->context();
  func::FuncOp function = builder->function;
  OpBuilder at = builder->atEnd();
  SmallVector<Value> results;
  for (const qopt_value output : ArrayRef(outputs, num_outputs)) {
    if (output < 0 || output >= static_cast<qopt_value>(builder->values.size())) {
      fail("output: there is no value " + Twine(output));
      return nullptr;
    }
    results.push_back(builder->values[output]);
  }
  if (results.empty()) {
    fail("a network needs at least one output");
    return nullptr;
  }
  func::ReturnOp::create(at, function.getLoc(), results);
  function.setType(FunctionType::get(context, function.getArgumentTypes(), TypeRange(results)));
  for (size_t i = 0; i < num_outputs; ++i)
    function.setResultAttr(i, nn::NNDialect::kNameAttr, at.getStringAttr(names[i]));
  ModuleOp module = *builder->module->module;
  module->setAttr(QOptDialect::kStageAttr, at.getStringAttr("imported"));
  Listener listener(context);
  if (failed(verify(module)) || failed(nn::verifyNames(module))) {
    function.getBody().front().getTerminator()->erase();
    listener.finish(false, "the network is not valid");
    return nullptr;
  }
  return builder->module.release();
}
