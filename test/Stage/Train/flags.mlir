// RUN: qopt %s --train-set-points="names=conv.* observer=off" | FileCheck %s --check-prefix=OFF
// RUN: qopt %s --train-set-points="observer=off fake-quant=off" --train-set-points="names=x fake-quant=on" | FileCheck %s --check-prefix=BOTH
// RUN: qopt %s --train-freeze-batch-norm | FileCheck %s --check-prefix=FREEZE
// RUN: qopt %s --train-freeze-batch-norm=names=features.0 | FileCheck %s --check-prefix=FREEZE
// RUN: not qopt %s --train-freeze-batch-norm=names=classifier 2>&1 | FileCheck %s --check-prefix=NOLAYER
// RUN: not qopt %s --train-set-points="names=fc observer=off" 2>&1 | FileCheck %s --check-prefix=NOSYMBOL
// RUN: not qopt %s --train-set-points="observer=maybe" 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not qopt %s --train-set-points 2>&1 | FileCheck %s --check-prefix=NEITHER
// RUN: not qopt %s --train-set-points="names=( observer=on" 2>&1 | FileCheck %s --check-prefix=EXPRESSION

// OFF: qopt.qparams @x
// OFF-NOT: observer_enabled
// OFF: qopt.qparams @conv.weight {{.*}}observer_enabled = false
// BOTH: qopt.qparams @x {{.*}}observer_enabled = false
// BOTH-NOT: fake_quant_enabled
// BOTH: qopt.qparams @conv.weight {{.*}}fake_quant_enabled = false, observer_enabled = false
// FREEZE: qopt.fold_batch_norm {{.*}} freeze
// NOLAYER: error: names=classifier matches no layer with a qopt.fold_batch_norm; qopt-fuse-pipeline{train=true} makes them
// NOSYMBOL: error: names=fc matches no qopt.qparams of this module
// WORD: error: observer=maybe: expected on or off
// NEITHER: error: train-set-points needs observer=on|off or fake-quant=on|off
// EXPRESSION: error: names=( is no regular expression
qopt.qparams @x #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
qopt.qparams @conv.weight #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
func.func @main(%x: tensor<?x3x8x8xf32> {nn.name = "x"}) -> tensor<?x4x8x8xf32> {
  %w = nn.parameter "conv.weight" dense<1.0> : tensor<4x3x1x1xf32> -> tensor<4x3x1x1xf32>
  %n = nn.parameter "n" dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  %xq = qopt.fake_quant %x @x : tensor<?x3x8x8xf32>
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update : (tensor<4x3x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3x1x1xf32>, tensor<4xf32>)
  %1 = qopt.fake_quant %0#0 @conv.weight : tensor<4x3x1x1xf32>
  %2 = nn.conv2d %xq, %1, %0#1 {nn.layer = "features.0", nn.name = "y"} : (tensor<?x3x8x8xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
  return %2 : tensor<?x4x8x8xf32>
}
