//===- ExpandQuantized.cpp - operators on codes as float operators between Q and DQ --===//
//
// QLinearConv(x, sx, zx, ...) means QuantizeLinear(Conv(DequantizeLinear(x, sx, zx), ...)), up
// to the rounding of the requantization, which is N6 and N8 here whatever form the model has.
// Written that way, both forms of quantized models take one path. Sources: the ONNX operator
// specification and ONNX Runtime's ContribOperators.md.
//
//===-----------------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"

#include "qopt/Support/Text.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace qopt;
using namespace qopt::importer;

namespace {

constexpr int kNone = -1;

/// Where an operator on codes has its parts: each operand is (codes, scale, zero point) from an
/// index on, the result's scale and zero point stand together.
struct Form {
  StringLiteral domain, op, floatOp;
  SmallVector<int, 2> operands;
  int result;              // kNone: the result is float
  int bias = kNone;        // i32 codes at the product of the operands' scales
  int weightAxis = kNone;  // channels of operand 1; kLastAxis for the last
  bool isVariadic = false; // operands from operands[0] to the end
};
constexpr int kLastAxis = -2;

ArrayRef<Form> forms() {
  static constexpr StringLiteral ms = "com.microsoft";
  static const Form rows[] = {
      {"", "QLinearConv", "Conv", {0, 3}, 6, 8, 0},
      {"", "QLinearMatMul", "MatMul", {0, 3}, 6, kNone, kLastAxis},
      {ms, "QGemm", "Gemm", {0, 3}, 7, 6, kLastAxis},
      {ms, "QLinearAdd", "Add", {0, 3}, 6},
      {ms, "QLinearMul", "Mul", {0, 3}, 6},
      {ms, "QLinearAveragePool", "AveragePool", {0}, 3},
      {ms, "QLinearGlobalAveragePool", "GlobalAveragePool", {0}, 3},
      {ms, "QLinearReduceMean", "ReduceMean", {0}, 3},
      {ms, "QLinearSigmoid", "Sigmoid", {0}, 3},
      {ms, "QLinearLeakyRelu", "LeakyRelu", {0}, 3},
      {ms, "QLinearSoftmax", "Softmax", {0}, 3},
      {ms, "QLinearConcat", "Concat", {2}, 0, kNone, kNone, true},
  };
  return rows;
}

class Expander {
public:
  explicit Expander(OnnxModel &model) : model(model) {
    for (const OnnxNode &node : model.nodes)
      for (const std::string &output : node.outputs)
        taken.insert(output);
    for (const OnnxValue &input : model.inputs)
      taken.insert(input.name);
    for (const OnnxTensor &tensor : model.initializers)
      taken.insert(tensor.name);
  }
  Error run();

private:
  Error expand(const OnnxNode &node, const Form &form);
  Error expandInteger(const OnnxNode &node);
  std::string fresh(StringRef name);
  /// Adds a node of one output, named after `node`; returns the output.
  std::string add(const OnnxNode &node, StringRef domain, StringRef op,
                  std::vector<std::string> inputs, std::string output);

  OnnxModel &model;
  std::vector<OnnxNode> made;
  StringSet<> taken;
};

} // namespace

static std::string inputOf(const OnnxNode &node, int index) {
  return index >= 0 && index < static_cast<int>(node.inputs.size()) ? node.inputs[index]
                                                                    : std::string();
}

static void setInt(OnnxNode &node, StringRef name, int64_t value) {
  OnnxAttribute &attribute = node.attributes[name];
  attribute.kind = OnnxAttribute::Kind::Int;
  attribute.i = value;
}

static int64_t intOf(const OnnxNode &node, StringRef name, int64_t fallback) {
  auto found = node.attributes.find(name);
  return found == node.attributes.end() ? fallback : found->second.i;
}

/// `name`, or with the first suffix that makes it new.
std::string Expander::fresh(StringRef name) {
  std::string result = name.str();
  for (unsigned suffix = 1; !taken.insert(result).second; ++suffix)
    result = (name + "." + Twine(suffix)).str();
  return result;
}

std::string Expander::add(const OnnxNode &node, StringRef domain, StringRef op,
                          std::vector<std::string> inputs, std::string output) {
  OnnxNode &result = made.emplace_back();
  result.name = node.name;
  result.domain = domain.str();
  result.op = op.str();
  result.inputs = std::move(inputs);
  result.outputs = {output};
  return output;
}

/// The channel axis of operand 1 as DequantizeLinear's attribute.
static int64_t weightAxis(const OnnxNode &node, const Form &form) {
  if (form.weightAxis == kLastAxis)
    return intOf(node, "transB", 0) ? 0 : -1;
  return form.weightAxis;
}

Error Expander::expand(const OnnxNode &node, const Form &form) {
  if (intOf(node, "channels_last", 0) != 0)
    return makeError("node '" + node.label() + "' (" + node.op +
                     ") has channels_last = 1; only NCHW is supported: save the model before "
                     "ONNX Runtime's layout optimization");
  const std::string &output = node.outputs[0];
  SmallVector<int> operands(form.operands.begin(), form.operands.end());
  for (int i = form.operands[0] + 3; form.isVariadic && i < static_cast<int>(node.inputs.size());
       i += 3)
    operands.push_back(i);
  std::vector<std::string> inputs;
  for (const auto [index, at] : enumerate(operands)) {
    if (inputOf(node, at).empty() || inputOf(node, at + 1).empty())
      return makeError("node '" + node.label() + "' (" + node.op + ") lacks input " + Twine(at) +
                       " or its scale");
    inputs.push_back(add(node, "", "DequantizeLinear",
                         {inputOf(node, at), inputOf(node, at + 1), inputOf(node, at + 2)},
                         fresh((output + ".operand" + Twine(index)).str())));
    if (index == 1 && form.weightAxis != kNone)
      setInt(made.back(), "axis", weightAxis(node, form));
  }
  if (const std::string bias = inputOf(node, form.bias); !bias.empty()) {
    inputs.push_back(add(node, kPatternDomain, "DequantizeBias",
                         {bias, inputOf(node, operands[0] + 1), inputOf(node, operands[1] + 1)},
                         fresh(output + ".bias")));
    if (auto alpha = node.attributes.find("alpha"); alpha != node.attributes.end())
      made.back().attributes["alpha"] = alpha->second;
  }
  const bool isFloat = inputOf(node, form.result).empty();
  StringRef plain = output;
  plain.consume_back("_quantized");
  OnnxNode result = node;
  result.domain.clear();
  result.op = form.floatOp.str();
  result.inputs = std::move(inputs);
  result.outputs = {isFloat ? output : fresh(plain)};
  made.push_back(std::move(result));
  if (!isFloat) {
    const std::string value = made.back().outputs[0];
    add(node, "", "QuantizeLinear",
        {value, inputOf(node, form.result), inputOf(node, form.result + 1)}, output);
  }
  return Error::success();
}

/// ConvInteger and MatMulInteger: sums of (x - zx)(w - zw), as numbers.
Error Expander::expandInteger(const OnnxNode &node) {
  if (node.inputs.size() < 2)
    return makeError("node '" + node.label() + "' (" + node.op + ") lacks inputs");
  const bool isConv = node.op == "ConvInteger";
  const std::string &output = node.outputs[0];
  std::vector<std::string> inputs;
  for (int i = 0; i < 2; ++i) {
    inputs.push_back(add(node, kPatternDomain, i == 0 ? "IntegerInput" : "IntegerWeight",
                         {inputOf(node, i), inputOf(node, 2 + i)},
                         fresh((output + ".operand" + Twine(i)).str())));
    setInt(made.back(), "axis", isConv ? 0 : -1);
  }
  OnnxNode result = node;
  result.op = isConv ? "Conv" : "MatMul";
  result.inputs = std::move(inputs);
  made.push_back(std::move(result));
  return Error::success();
}

Error Expander::run() {
  for (const OnnxNode &node : model.nodes) {
    const Form *form = find_if(
        forms(), [&](const Form &row) { return row.op == node.op && row.domain == node.domain; });
    Error error = Error::success();
    const bool isForm = form != forms().end();
    if (isForm && !node.outputs.empty())
      error = expand(node, *form);
    else if (node.domain.empty() && (node.op == "ConvInteger" || node.op == "MatMulInteger"))
      error = expandInteger(node);
    else
      made.push_back(node);
    if (error)
      return error;
  }
  model.nodes = std::move(made);
  return Error::success();
}

Error importer::expandQuantized(OnnxModel &model) { return Expander(model).run(); }
