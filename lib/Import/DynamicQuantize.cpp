//===- DynamicQuantize.cpp - linear layers that quantize their input at run time ------===//
//
// ONNX Runtime's quantize_dynamic writes MatMul(x, w) + bias as
//   xq, xs, xz = DynamicQuantizeLinear(x)
//   y = Cast(MatMulInteger(xq, wq, xz, wz)) * (xs * ws) + bias
// and its optimizer joins that to com.microsoft.DynamicQuantizeMatMul(x, wq, ws, wz, bias). Both
// become one node of x, the weight behind DequantizeLinear, and the bias, which is a linear layer
// with parameters found at run time (N17). What the new node no longer needs is not imported.
//
//===-----------------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"

using namespace llvm;
using namespace qopt;
using namespace qopt::importer;

namespace {

/// The parts of such a layer; empty names for those it lacks.
struct Layer {
  std::string input, weight, scale, zeroPoint, bias, output;
  const OnnxNode *last = nullptr; ///< the node that makes the output
};

class Finder {
public:
  explicit Finder(const OnnxModel &model) {
    for (const OnnxNode &node : model.nodes) {
      for (const std::string &output : node.outputs)
        makers[output] = &node;
      for (const std::string &input : node.inputs)
        readers[input].push_back(&node);
    }
    for (const OnnxValue &output : model.outputs)
      outputs.insert(output.name);
    for (const OnnxTensor &tensor : model.initializers)
      constants[tensor.name] = &tensor;
  }

  std::optional<Layer> find(const OnnxNode &product) const;

private:
  const OnnxNode *maker(StringRef value, StringRef op) const {
    const OnnxNode *node = makers.lookup(value);
    return node && node->op == op && node->domain.empty() ? node : nullptr;
  }
  bool isConstant(StringRef value) const {
    const OnnxNode *node = makers.lookup(value);
    return constants.contains(value) || (node && node->op == "Constant");
  }
  void takeBias(Layer &layer) const;

  StringMap<const OnnxNode *> makers;
  StringMap<SmallVector<const OnnxNode *, 2>> readers;
  StringMap<const OnnxTensor *> constants;
  StringSet<> outputs;
};

} // namespace

static std::string inputOf(const OnnxNode &node, size_t index) {
  return index < node.inputs.size() ? node.inputs[index] : std::string();
}

/// A constant vector that the result's only reader adds.
void Finder::takeBias(Layer &layer) const {
  const auto found = readers.find(layer.output);
  if (found == readers.end() || found->second.size() != 1 || outputs.contains(layer.output))
    return;
  const OnnxNode &add = *found->second.front();
  if (add.op != "Add" || !add.domain.empty() || add.inputs.size() != 2)
    return;
  const std::string &other = add.inputs[add.inputs[0] == layer.output];
  const OnnxTensor *tensor = constants.lookup(other);
  if (!tensor || tensor->data.rank() != 1)
    return;
  layer.bias = other;
  layer.output = add.outputs[0];
  layer.last = &add;
}

/// The layer whose scaled sums `product` makes: Mul(Cast(MatMulInteger), Mul(xs, ws)).
std::optional<Layer> Finder::find(const OnnxNode &product) const {
  if (product.op != "Mul" || !product.domain.empty() || product.inputs.size() != 2)
    return std::nullopt;
  for (int i = 0; i < 2; ++i) {
    const OnnxNode *cast = maker(product.inputs[i], "Cast");
    const OnnxNode *unit = maker(product.inputs[1 - i], "Mul");
    const OnnxNode *sums = cast ? maker(cast->inputs[0], "MatMulInteger") : nullptr;
    const OnnxNode *codes = sums ? maker(inputOf(*sums, 0), "DynamicQuantizeLinear") : nullptr;
    if (!unit || !codes || unit->inputs.size() != 2 || codes->outputs.size() != 3 ||
        inputOf(*sums, 2) != codes->outputs[2])
      continue;
    const bool scaleFirst = unit->inputs[0] == codes->outputs[1];
    if (unit->inputs[!scaleFirst] != codes->outputs[1] || !isConstant(unit->inputs[scaleFirst]))
      continue;
    Layer layer{
        codes->inputs[0],   inputOf(*sums, 1), unit->inputs[scaleFirst], inputOf(*sums, 3), "",
        product.outputs[0], &product};
    takeBias(layer);
    return layer;
  }
  return std::nullopt;
}

/// com.microsoft.DynamicQuantizeMatMul: the same in one node.
static std::optional<Layer> joinedLayer(const OnnxNode &node) {
  if (node.domain != "com.microsoft" || node.op != "DynamicQuantizeMatMul" ||
      node.inputs.size() < 3)
    return std::nullopt;
  return Layer{node.inputs[0],   node.inputs[1],  node.inputs[2], inputOf(node, 3),
               inputOf(node, 4), node.outputs[0], &node};
}

void importer::joinDynamicLinears(OnnxModel &model) {
  const Finder finder(model);
  DenseMap<const OnnxNode *, Layer> found; // by the node that is replaced
  for (const OnnxNode &node : model.nodes) {
    std::optional<Layer> layer = finder.find(node);
    if (!layer)
      layer = joinedLayer(node);
    if (layer)
      found[layer->last] = std::move(*layer);
  }
  if (found.empty())
    return;
  std::vector<OnnxNode> nodes;
  for (const OnnxNode &node : model.nodes) {
    const auto layer = found.find(&node);
    if (layer == found.end()) {
      nodes.push_back(node);
      continue;
    }
    const Layer &parts = layer->second;
    OnnxNode weight;
    weight.name = node.name;
    weight.op = "DequantizeLinear";
    weight.inputs = {parts.weight, parts.scale, parts.zeroPoint};
    weight.outputs = {parts.output + ".weight_dequantized"};
    OnnxAttribute &axis = weight.attributes["axis"];
    axis.kind = OnnxAttribute::Kind::Int;
    axis.i = -1;
    OnnxNode linear;
    linear.name = node.name;
    linear.domain = kPatternDomain.str();
    linear.op = "MatMulInteger";
    linear.inputs = {parts.input, weight.outputs[0], parts.bias};
    linear.outputs = {parts.output};
    nodes.push_back(std::move(weight));
    nodes.push_back(std::move(linear));
  }
  model.nodes = std::move(nodes);
}
