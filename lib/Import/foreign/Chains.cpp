//===- Chains.cpp - batch-norms that are spelled as arithmetic -----------------------===//
//
// Lowered networks spell a batch-norm as (x - mean) * (1 / sqrt(var + eps)) * gamma + beta, in
// four operators on constants per channel. With its own five parameters back, it folds into the
// convolution by the one rule (N16), to the same bits as from ONNX. Any other chain of products
// and sums with constants per channel becomes the batch-norm with gamma = the product, beta =
// the sum, mean = 0, var + eps = 1.
//
//===-----------------------------------------------------------------------------===//

#include "Reader.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

namespace {
using Numbers = std::vector<double>;

/// A constant that takes part in a chain: its elements, and where its channels lie.
struct Vector {
  Numbers values;
  int64_t axis = -1; // from the back; -1 for a single number
};

/// One step of a chain: y = x * a, or y = x + a.
struct Step {
  OnnxNode *node = nullptr;
  bool isProduct = false;
  Vector operand; // what is multiplied or added, signs and quotients resolved
  std::string constant, input;
};

class Chains {
public:
  Chains(OnnxModel &model, const llvm::StringMap<int64_t> &ranks);
  void run();

private:
  std::optional<Numbers> evaluate(StringRef name, int depth = 0) const;
  std::optional<SmallVector<int64_t>> shapeOf(StringRef name) const;
  std::optional<Vector> vector(StringRef name) const;
  std::optional<Step> step(OnnxNode &node) const;
  SmallVector<Step> chainBefore(OnnxNode &node, llvm::StringSet<> &done) const;
  bool spelledBatchNorm(ArrayRef<Step> chain, Numbers &gamma, Numbers &beta, Numbers &mean,
                        Numbers &variance, float &eps) const;
  std::optional<std::pair<Numbers, float>> variancePlusEps(StringRef name) const;
  StringRef behindReshapes(StringRef name) const;
  void replace(ArrayRef<Step> chain);
  void betweenTransposes(OnnxNode &norm);
  std::string store(StringRef name, const Numbers &values);

  OnnxModel &model;
  const llvm::StringMap<int64_t> &ranks;
  llvm::StringMap<OnnxNode *> makers;
  llvm::StringMap<const OnnxTensor *> constants;
  llvm::StringMap<unsigned> uses;
  std::vector<OnnxTensor> added;
  llvm::StringMap<std::vector<OnnxNode>> inFront; // of the node that makes the value
};
} // namespace

/// Only values that the outputs need count as users: readers leave nodes that nothing reads.
Chains::Chains(OnnxModel &model, const llvm::StringMap<int64_t> &ranks)
    : model(model), ranks(ranks) {
  for (const OnnxTensor &tensor : model.initializers)
    constants[tensor.name] = &tensor;
  for (OnnxNode &node : model.nodes)
    for (const std::string &output : node.outputs)
      makers[output] = &node;
  llvm::StringSet<> seen;
  SmallVector<StringRef> open;
  auto use = [&](StringRef name) {
    ++uses[name];
    if (seen.insert(name).second)
      open.push_back(name);
  };
  for (const OnnxValue &output : model.outputs)
    use(output.name);
  while (!open.empty())
    if (const OnnxNode *node = makers.lookup(open.pop_back_val()))
      for (const std::string &input : node->inputs)
        use(input);
}

StringRef Chains::behindReshapes(StringRef name) const {
  const OnnxNode *node = makers.lookup(name);
  while (node && node->op == "Reshape") {
    name = node->inputs[0];
    node = makers.lookup(name);
  }
  return name;
}

//===-- constants -------------------------------------------------------------------===//

static std::optional<double> apply(StringRef op, double a, double b) {
  if (op == "Add")
    return a + b;
  if (op == "Sub")
    return a - b;
  if (op == "Mul")
    return a * b;
  if (op == "Div")
    return a / b;
  if (op == "Pow")
    return std::pow(a, b);
  return std::nullopt;
}

/// The elements of a constant expression, as far as one vector and numbers make it.
std::optional<Numbers> Chains::evaluate(StringRef name, int depth) const {
  if (depth > 8)
    return std::nullopt;
  if (const OnnxTensor *tensor = constants.lookup(name)) {
    if (!tensor->problem.empty() || !isFloat(tensor->data.dtype()))
      return std::nullopt;
    const Tensor floats = tensor->data.toF32();
    return Numbers(floats.values<float>().begin(), floats.values<float>().end());
  }
  const OnnxNode *node = makers.lookup(name);
  if (!node || node->inputs.empty())
    return std::nullopt;
  std::optional<Numbers> a = evaluate(node->inputs[0], depth + 1);
  if (!a)
    return std::nullopt;
  if (node->op == "Reshape" || node->op == "Identity")
    return a;
  if (node->op == "Sqrt" || node->op == "Reciprocal") {
    for (double &value : *a)
      value = node->op == "Sqrt" ? std::sqrt(value) : 1.0 / value;
    return a;
  }
  const std::optional<Numbers> b =
      node->inputs.size() == 2 ? evaluate(node->inputs[1], depth + 1) : std::nullopt;
  // Vectors along two dimensions span a matrix.
  if (b && a->size() > 1 && b->size() > 1) {
    const auto left = shapeOf(node->inputs[0]), right = shapeOf(node->inputs[1]);
    auto isOne = [](int64_t size) { return size == 1; };
    if (!left || !right ||
        ArrayRef<int64_t>(*left).drop_while(isOne) != ArrayRef<int64_t>(*right).drop_while(isOne))
      return std::nullopt;
  }
  if (!b || (a->size() != b->size() && a->size() != 1 && b->size() != 1))
    return std::nullopt;
  Numbers result(std::max(a->size(), b->size()));
  for (size_t i = 0; i < result.size(); ++i) {
    const auto value = apply(node->op, (*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
    if (!value)
      return std::nullopt;
    result[i] = *value;
  }
  return result;
}

std::optional<SmallVector<int64_t>> Chains::shapeOf(StringRef name) const {
  if (const OnnxTensor *tensor = constants.lookup(name))
    return SmallVector<int64_t>(tensor->data.shape());
  const OnnxNode *node = makers.lookup(name);
  if (!node)
    return std::nullopt;
  if (node->op == "Reshape") {
    const OnnxTensor *shape = constants.lookup(node->inputs[1]);
    return shape ? std::optional(SmallVector<int64_t>(shape->data.values<int64_t>()))
                 : std::nullopt;
  }
  SmallVector<int64_t> widest;
  for (const std::string &input : node->inputs) {
    const auto shape = shapeOf(input);
    if (!shape)
      return std::nullopt;
    if (shape->size() > widest.size() ||
        (shape->size() == widest.size() && !llvm::all_of(*shape, [](int64_t s) { return s == 1; })))
      widest = *shape;
  }
  return widest;
}

std::optional<Vector> Chains::vector(StringRef name) const {
  std::optional<Numbers> values = evaluate(name);
  const auto shape = values ? shapeOf(name) : std::nullopt;
  if (!shape || values->empty())
    return std::nullopt;
  Vector result{std::move(*values), -1};
  if (result.values.size() == 1)
    return result;
  for (auto [at, size] : llvm::enumerate(*shape))
    if (size == static_cast<int64_t>(result.values.size()))
      result.axis = static_cast<int64_t>(shape->size() - 1 - at);
  return result.axis < 0 ? std::nullopt : std::optional(std::move(result));
}

//===-- chains ----------------------------------------------------------------------===//

std::optional<Step> Chains::step(OnnxNode &node) const {
  const bool isSum = node.op == "Add" || node.op == "Sub";
  if ((!isSum && node.op != "Mul" && node.op != "Div") || node.inputs.size() != 2 ||
      !node.problem.empty())
    return std::nullopt;
  const bool commutes = node.op == "Add" || node.op == "Mul";
  for (int side = 1; side >= (commutes ? 0 : 1); --side) {
    std::optional<Vector> operand = vector(node.inputs[side]);
    if (!operand || evaluate(node.inputs[1 - side]))
      continue;
    for (double &value : operand->values)
      value = node.op == "Sub" ? -value : node.op == "Div" ? 1.0 / value : value;
    return Step{&node, !isSum, std::move(*operand), node.inputs[side], node.inputs[1 - side]};
  }
  return std::nullopt;
}

/// var and eps where `name` is 1 / sqrt(var + eps).
std::optional<std::pair<Numbers, float>> Chains::variancePlusEps(StringRef name) const {
  const OnnxNode *node = makers.lookup(behindReshapes(name));
  if (!node)
    return std::nullopt;
  StringRef root;
  if (node->op == "Reciprocal")
    root = behindReshapes(node->inputs[0]);
  else if (node->op == "Div" && evaluate(node->inputs[0]) == Numbers{1.0})
    root = behindReshapes(node->inputs[1]);
  const OnnxNode *sqrt = makers.lookup(root);
  if (!sqrt ||
      !(sqrt->op == "Sqrt" || (sqrt->op == "Pow" && evaluate(sqrt->inputs[1]) == Numbers{0.5})))
    return std::nullopt;
  const OnnxNode *sum = makers.lookup(behindReshapes(sqrt->inputs[0]));
  if (!sum || sum->op != "Add")
    return std::nullopt;
  for (int side = 0; side < 2; ++side) {
    const auto eps = evaluate(sum->inputs[side]), variance = evaluate(sum->inputs[1 - side]);
    if (eps && variance && eps->size() == 1 && variance->size() > 1)
      return std::pair(*variance, static_cast<float>(eps->front()));
  }
  return std::nullopt;
}

bool Chains::spelledBatchNorm(ArrayRef<Step> chain, Numbers &gamma, Numbers &beta, Numbers &mean,
                              Numbers &variance, float &eps) const {
  if (chain.size() != 4 || chain[0].isProduct || !chain[1].isProduct || !chain[2].isProduct ||
      chain[3].isProduct || chain[0].node->op != "Sub" || chain[3].node->op != "Add" ||
      chain[2].node->op != "Mul" || chain[1].node->op != "Mul")
    return false;
  for (int root = 1; root <= 2; ++root)
    if (const auto found = variancePlusEps(chain[root].constant)) {
      variance = found->first;
      eps = found->second;
      mean = *evaluate(chain[0].constant);
      gamma = *evaluate(chain[3 - root].constant);
      beta = *evaluate(chain[3].constant);
      return true;
    }
  return false;
}

std::string Chains::store(StringRef name, const Numbers &values) {
  Tensor data = Tensor::empty(DType::F32, {static_cast<int64_t>(values.size())});
  for (auto [at, value] : llvm::enumerate(values))
    data.data<float>()[at] = static_cast<float>(value);
  OnnxTensor &tensor = added.emplace_back();
  tensor.name = name.str();
  tensor.data = std::move(data);
  return tensor.name;
}

static int64_t axisOf(ArrayRef<Step> chain) {
  int64_t axis = -1;
  for (const Step &step : chain)
    axis = std::max(axis, step.operand.axis);
  return axis;
}

/// The last node of the chain becomes the batch-norm; the others lose their user.
void Chains::replace(ArrayRef<Step> chain) {
  Numbers gamma, beta, mean, variance;
  float eps = 0.0f;
  // What stands in front of a batch-norm (a bias) is none of it.
  if (chain.size() > 4 && spelledBatchNorm(chain.take_back(4), gamma, beta, mean, variance, eps))
    chain = chain.take_back(4);
  size_t channels = 1;
  for (const Step &step : chain)
    channels = std::max(channels, step.operand.values.size());
  if (!spelledBatchNorm(chain, gamma, beta, mean, variance, eps)) {
    gamma.assign(channels, 1.0);
    beta.assign(channels, 0.0);
    mean.assign(channels, 0.0);
    // var + eps = 1, and eps must be positive.
    variance.assign(channels, 0.5);
    eps = 0.5f;
    for (const Step &step : chain)
      for (size_t c = 0; c < channels; ++c) {
        const double value = step.operand.values[step.operand.values.size() == 1 ? 0 : c];
        gamma[c] *= step.isProduct ? value : 1.0;
        beta[c] = step.isProduct ? beta[c] * value : beta[c] + value;
      }
  }
  OnnxNode &norm = *chain.back().node;
  const std::string name = norm.outputs[0];
  for (Numbers *numbers : {&gamma, &beta, &mean, &variance})
    numbers->resize(channels, numbers->front());
  norm.op = "BatchNormalization";
  norm.inputs = {chain.front().input, store(name + ".gamma", gamma), store(name + ".beta", beta),
                 store(name + ".mean", mean), store(name + ".var", variance)};
  norm.attributes.clear();
  setFloat(norm, "epsilon", eps);
  if (axisOf(chain) == 0)
    betweenTransposes(norm);
}

/// NHWC: the batch-norm works on NCHW between two transposes, which the importer cancels.
void Chains::betweenTransposes(OnnxNode &norm) {
  const std::string name = norm.outputs[0];
  OnnxNode before = norm, inner = norm;
  before.op = norm.op = "Transpose";
  before.attributes.clear();
  norm.attributes.clear();
  before.inputs = {norm.inputs[0]};
  before.name = name + ".nchw";
  before.outputs = {before.name};
  setInts(before, "perm", {0, 3, 1, 2});
  inner.inputs[0] = before.name;
  inner.name = name + ".norm";
  inner.outputs = {inner.name};
  norm.inputs = {inner.name};
  setInts(norm, "perm", {0, 2, 3, 1});
  inFront[name] = {std::move(before), std::move(inner)};
}

/// The longest chain that ends in `node`, first step first.
SmallVector<Step> Chains::chainBefore(OnnxNode &node, llvm::StringSet<> &done) const {
  SmallVector<Step> chain;
  for (OnnxNode *at = &node; at; at = makers.lookup(chain.back().input)) {
    std::optional<Step> found = step(*at);
    if (!found || (!chain.empty() && uses.lookup(at->outputs[0]) != 1))
      break;
    const int64_t axis = axisOf(chain);
    if (found->operand.axis >= 0 && axis >= 0 && found->operand.axis != axis)
      break;
    chain.push_back(std::move(*found));
    done.insert(at->outputs[0]);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

void Chains::run() {
  llvm::StringSet<> done;
  // From the back, so that a chain is found at its end.
  for (OnnxNode &node : llvm::reverse(model.nodes)) {
    if (node.outputs.size() != 1 || !uses.lookup(node.outputs[0]) || done.contains(node.outputs[0]))
      continue;
    const SmallVector<Step> chain = chainBefore(node, done);
    const bool scales = llvm::any_of(
        chain, [](const Step &step) { return step.isProduct && step.operand.values.size() > 1; });
    const int64_t axis = axisOf(chain);
    if (scales && (axis == 2 || axis == 0) && ranks.lookup(chain.front().input) == 4)
      replace(chain);
  }
  for (OnnxTensor &tensor : added)
    model.initializers.push_back(std::move(tensor));
  std::vector<OnnxNode> nodes;
  for (OnnxNode &node : model.nodes) {
    if (node.outputs.size() == 1)
      if (auto found = inFront.find(node.outputs[0]); found != inFront.end())
        llvm::move(found->second, std::back_inserter(nodes));
    nodes.push_back(std::move(node));
  }
  model.nodes = std::move(nodes);
}

void importer::recognizeBatchNorms(OnnxModel &model, const llvm::StringMap<int64_t> &ranks) {
  Chains(model, ranks).run();
}
