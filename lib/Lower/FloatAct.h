//===- FloatAct.h - activations as numbers of qrt_act -------------------------------===//

#ifndef QOPT_LIB_LOWER_FLOATACT_H
#define QOPT_LIB_LOWER_FLOATACT_H

#include "Lowering.h"
#include "dialects/NN/Parameter.h"

namespace qopt::lower {

/// The runtime's number of an activation, and its parameters.
struct FloatAct {
  int32_t act = QRT_ACT_NONE;
  float a = 0.0f, b = 0.0f;
};

/// Of a null attribute: none.
FloatAct floatAct(nn::ActAttr act);

template <typename Params> void setFloatAct(Params &p, nn::ActAttr act) {
  const FloatAct f = floatAct(act);
  p.act = f.act, p.act_a = f.a, p.act_b = f.b;
}

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_FLOATACT_H
