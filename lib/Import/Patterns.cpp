//===- Patterns.cpp - subgraphs that spell one function ------------------------------===//
//
// Exporters write hard-swish, SiLU and GELU as small products of simpler nodes. Each product
// is read as a factor and its leaves (0.5 * x * (1 + erf(...))), however it was associated,
// and compared with the known ones; a leaf may be a product itself, so all readings are tried.
// What the new node no longer needs is not imported, since only needed nodes are.
//
//===-----------------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"

#include <cmath>

using namespace llvm;
using namespace qopt;
using namespace qopt::importer;

namespace {

/// A product: factor times leaves.
struct Product {
  double factor = 1.0;
  SmallVector<StringRef, 4> leaves;
};

/// The function found at a node, and its argument.
struct Match {
  StringRef op;
  std::string input;
  SmallVector<std::pair<StringRef, float>, 2> floats;
  StringRef approximate;
};

class Matcher {
public:
  explicit Matcher(const OnnxModel &model) {
    for (const OnnxNode &node : model.nodes)
      for (const std::string &output : node.outputs)
        makers[output] = &node;
    for (const OnnxTensor &tensor : model.initializers)
      addScalar(tensor.name, tensor);
    for (const OnnxNode &node : model.nodes)
      if (node.op == "Constant" && node.attributes.size() == 1 && node.outputs.size() == 1)
        addScalar(node.outputs[0], node.attributes.begin()->second);
  }

  std::optional<Match> match(const OnnxNode &node) const;

private:
  void addScalar(StringRef name, const OnnxTensor &tensor) {
    if (tensor.problem.empty() && tensor.data.raw() && tensor.data.numElements() == 1 &&
        isFloat(tensor.data.dtype()))
      scalars[name] = tensor.data.toF32().values<float>()[0];
  }
  void addScalar(StringRef name, const OnnxAttribute &attribute) {
    if (attribute.kind == OnnxAttribute::Kind::Tensor)
      addScalar(name, attribute.tensor);
    else if (attribute.kind == OnnxAttribute::Kind::Float)
      scalars[name] = attribute.f;
  }

  std::optional<double> scalar(StringRef name) const {
    auto found = scalars.find(name);
    return found == scalars.end() ? std::nullopt : std::optional<double>(found->second);
  }
  /// The node that makes `name` if it is an `op` with at least `inputs` inputs.
  const OnnxNode *maker(StringRef name, StringRef op, size_t inputs) const {
    const OnnxNode *node = makers.lookup(name);
    return node && node->op == op && node->domain.empty() && node->inputs.size() >= inputs
               ? node
               : nullptr;
  }
  /// The other operand of x + c with c = `value`, or "".
  StringRef addedTo(StringRef name, double value) const;
  /// The x of clamp(x + 3, 0, 6), or "".
  StringRef clampOfSum(StringRef name) const;
  /// The x of 1 + erf(x / sqrt(2)), or "".
  StringRef onePlusErf(StringRef name) const;
  /// The x of 1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)), or "".
  StringRef onePlusTanh(StringRef name) const;
  bool isCubeTerm(StringRef name, StringRef x) const;
  /// Every way to read `name` as a product: up to `scalings` factors by constants and
  /// `products` products of values in it are taken apart. The first is the value itself.
  SmallVector<Product> readings(StringRef name, int scalings, int products) const;
  /// The x for which `name` is factor * x, or "".
  StringRef scaledBy(StringRef name, double factor) const;
  std::optional<Match> match(const Product &product) const;

  StringMap<const OnnxNode *> makers;
  StringMap<float> scalars;
};

} // namespace

static bool near(double a, double b) { return std::abs(a - b) <= 1e-4 * std::abs(b); }

StringRef Matcher::addedTo(StringRef name, double value) const {
  const OnnxNode *add = maker(name, "Add", 2);
  for (int i = 0; add && i < 2; ++i)
    if (const auto constant = scalar(add->inputs[i]); constant && near(*constant, value))
      return add->inputs[1 - i];
  return {};
}

StringRef Matcher::clampOfSum(StringRef name) const {
  const OnnxNode *clip = maker(name, "Clip", 1);
  if (!clip)
    return {};
  auto bound = [&](StringRef attribute, size_t input) -> double {
    if (clip->inputs.size() > input && !clip->inputs[input].empty())
      return scalar(clip->inputs[input]).value_or(std::nan(""));
    auto found = clip->attributes.find(attribute);
    return found == clip->attributes.end() ? std::nan("") : found->second.f;
  };
  return bound("min", 1) == 0.0 && bound("max", 2) == 6.0 ? addedTo(clip->inputs[0], 3.0)
                                                          : StringRef();
}

StringRef Matcher::onePlusErf(StringRef name) const {
  const OnnxNode *erf = maker(addedTo(name, 1.0), "Erf", 1);
  if (!erf)
    return {};
  return scaledBy(erf->inputs[0], std::sqrt(0.5));
}

StringRef Matcher::scaledBy(StringRef name, double factor) const {
  for (const Product &product : readings(name, 1, 0))
    if (product.leaves.size() == 1 && near(product.factor, factor))
      return product.leaves[0];
  return {};
}

/// 0.044715 * x^3, the cube as Pow or as products.
bool Matcher::isCubeTerm(StringRef name, StringRef x) const {
  for (const Product &term : readings(name, 1, 2)) {
    if (!near(term.factor, 0.044715))
      continue;
    if (term.leaves.size() == 3 && llvm::all_equal(term.leaves) && term.leaves[0] == x)
      return true;
    const OnnxNode *pow = term.leaves.size() == 1 ? maker(term.leaves[0], "Pow", 2) : nullptr;
    if (pow && pow->inputs[0] == x && scalar(pow->inputs[1]) == 3.0)
      return true;
  }
  return false;
}

StringRef Matcher::onePlusTanh(StringRef name) const {
  const OnnxNode *tanh = maker(addedTo(name, 1.0), "Tanh", 1);
  if (!tanh)
    return {};
  const OnnxNode *sum = maker(scaledBy(tanh->inputs[0], 0.7978845608028654), "Add", 2);
  if (!sum)
    return {};
  for (int i = 0; i < 2; ++i)
    if (isCubeTerm(sum->inputs[1 - i], sum->inputs[i]))
      return sum->inputs[i];
  return {};
}

SmallVector<Product> Matcher::readings(StringRef name, int scalings, int products) const {
  SmallVector<Product> result{{1.0, {name}}};
  const OnnxNode *mul = maker(name, "Mul", 2), *div = maker(name, "Div", 2);
  auto addScaled = [&](StringRef value, double factor) {
    for (Product &inner : readings(value, scalings - 1, products))
      result.push_back({inner.factor * factor, std::move(inner.leaves)});
  };
  if (const auto divisor = div ? scalar(div->inputs[1]) : std::nullopt;
      divisor && *divisor != 0.0 && scalings > 0)
    addScaled(div->inputs[0], 1.0 / *divisor);
  for (int i = 0; mul && scalings > 0 && i < 2; ++i)
    if (const auto factor = scalar(mul->inputs[i]))
      addScaled(mul->inputs[1 - i], *factor);
  if (!mul || products == 0 || scalar(mul->inputs[0]) || scalar(mul->inputs[1]))
    return result;
  for (const Product &left : readings(mul->inputs[0], scalings, products - 1))
    for (const Product &right : readings(mul->inputs[1], scalings, products - 1)) {
      Product both{left.factor * right.factor, left.leaves};
      both.leaves.append(right.leaves);
      result.push_back(std::move(both));
    }
  return result;
}

std::optional<Match> Matcher::match(const OnnxNode &node) const {
  if ((node.op != "Mul" && node.op != "Div") || !node.domain.empty() || node.outputs.size() != 1)
    return std::nullopt;
  for (const Product &product : readings(node.outputs[0], 2, 1))
    if (std::optional<Match> found = match(product))
      return found;
  return std::nullopt;
}

std::optional<Match> Matcher::match(const Product &product) const {
  if (product.leaves.size() == 1 && near(product.factor, 1.0 / 6))
    if (const StringRef x = clampOfSum(product.leaves[0]); !x.empty())
      return Match{"HardSigmoid", x.str(), {{"alpha", 1.0f / 6}, {"beta", 0.5f}}, {}};
  if (product.leaves.size() != 2)
    return std::nullopt;
  for (int i = 0; i < 2; ++i) {
    const StringRef x = product.leaves[i], other = product.leaves[1 - i];
    const OnnxNode *sigmoid = maker(other, "Sigmoid", 1);
    if (near(product.factor, 1.0) && sigmoid && sigmoid->inputs[0] == x)
      return Match{"Silu", x.str(), {}, {}};
    if (near(product.factor, 1.0 / 6) && clampOfSum(other) == x)
      return Match{"HardSwish", x.str(), {}, {}};
    if (near(product.factor, 0.5) && onePlusErf(other) == x)
      return Match{"Gelu", x.str(), {}, "none"};
    if (near(product.factor, 0.5) && onePlusTanh(other) == x)
      return Match{"Gelu", x.str(), {}, "tanh"};
  }
  return std::nullopt;
}

void importer::rewritePatterns(OnnxModel &model) {
  // Find all before changing any: a pattern may contain another.
  std::vector<std::pair<OnnxNode *, Match>> found;
  const Matcher matcher(model);
  for (OnnxNode &node : model.nodes)
    if (std::optional<Match> match = matcher.match(node))
      found.emplace_back(&node, std::move(*match));
  for (auto &[node, match] : found) {
    node->op = match.op.str();
    node->domain = kPatternDomain.str();
    node->inputs = {match.input};
    node->attributes.clear();
    for (const auto &[name, value] : match.floats) {
      OnnxAttribute &attribute = node->attributes[name];
      attribute.kind = OnnxAttribute::Kind::Float;
      attribute.f = value;
    }
    if (!match.approximate.empty()) {
      OnnxAttribute &attribute = node->attributes["approximate"];
      attribute.kind = OnnxAttribute::Kind::String;
      attribute.s = match.approximate.str();
    }
  }
}
