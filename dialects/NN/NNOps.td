//===- NNOps.td - all ops of the nn dialect, by family -------------------*- tablegen -*-===//

#ifndef QOPT_NN_OPS_TD
#define QOPT_NN_OPS_TD

include "dialects/NN/ops/ConvOps.td"
include "dialects/NN/ops/ElementwiseOps.td"
include "dialects/NN/ops/PoolOps.td"
include "dialects/NN/ops/ShapeOps.td"

#endif // QOPT_NN_OPS_TD
