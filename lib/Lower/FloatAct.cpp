//===- FloatAct.cpp - activations as numbers of qrt_act -----------------------------===//

#include "FloatAct.h"

using namespace qopt;
using namespace qopt::lower;

FloatAct lower::floatAct(nn::ActAttr act) {
  if (!act)
    return {};
  const float a = static_cast<float>(act.getA()), b = static_cast<float>(act.getB());
  switch (act.getKind()) {
  case nn::ActKind::Relu:
    return {QRT_ACT_RELU, 0.0f, 0.0f};
  case nn::ActKind::Relu6:
    return {QRT_ACT_CLIP, 0.0f, 6.0f};
  case nn::ActKind::Clip:
    return {QRT_ACT_CLIP, a, b};
  case nn::ActKind::LeakyRelu:
    return {QRT_ACT_LEAKY_RELU, a, 0.0f};
  case nn::ActKind::Sigmoid:
    return {QRT_ACT_SIGMOID, 0.0f, 0.0f};
  case nn::ActKind::Tanh:
    return {QRT_ACT_TANH, 0.0f, 0.0f};
  case nn::ActKind::HardSigmoid:
    return {QRT_ACT_HARD_SIGMOID, a, b};
  case nn::ActKind::HardSwish:
    return {QRT_ACT_HARD_SWISH, 0.0f, 0.0f};
  case nn::ActKind::Gelu:
    return {QRT_ACT_GELU, 0.0f, 0.0f};
  case nn::ActKind::GeluTanh:
    return {QRT_ACT_GELU_TANH, 0.0f, 0.0f};
  case nn::ActKind::Silu:
    return {QRT_ACT_SILU, 0.0f, 0.0f};
  }
  llvm_unreachable("all activation kinds are handled");
}
