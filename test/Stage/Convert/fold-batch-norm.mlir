// RUN: qopt %s --convert-fold-batch-norm | FileCheck %s
// RUN: qopt %s --qopt-settle-pipeline --qopt-convert-pipeline | FileCheck %s --check-prefix=CODES

// g = 2 / sqrt(3.75 + 0.25) = 1 and -1: w' = w * g, b' = beta + (b - mean) * g.
// CHECK: nn.parameter "conv.weight" dense<{{.*}}5.000000e-01{{.*}}-2.500000e-01{{.*}}> : tensor<2x1x1x1xf32>
// CHECK: nn.parameter "conv.bias" dense<[5.000000e-01, -1.250000e+00]>
// CHECK-NOT: nn.parameter "gamma"
// CHECK-NOT: qopt.fold_batch_norm

// CODES: nn.parameter "conv.weight" {{.*}} : tensor<2x1x1x1xi8>
// CODES: nn.parameter "conv.bias" {{.*}} : tensor<2xi32>
// CODES: nn.conv2d {{.*}}!q_u8
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "prepared", qopt.version = 1 : i64} {
  qopt.qparams @x #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.1]) zero_points([3])
  qopt.qparams @y #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.2]) zero_points([5])
  qopt.qparams @conv.weight #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max"> scales([0.01, 0.02]) zero_points([0, 0]) {axis = 0 : i64, learned = #qopt.learned<scale>}
  func.func @main(%x: tensor<?x1x4x4xf32> {nn.name = "x"}) -> (tensor<?x2x4x4xf32> {nn.name = "y"}) {
    %w = nn.parameter "conv.weight" dense<[[[[0.5]]], [[[0.25]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
    %g = nn.parameter "gamma" dense<[2.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
    %b = nn.parameter "beta" dense<[1.0, -1.5]> : tensor<2xf32> -> tensor<2xf32>
    %m = nn.parameter "mean" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
    %v = nn.parameter "var" dense<3.75> : tensor<2xf32> -> tensor<2xf32>
    %xq = qopt.fake_quant %x @x : tensor<?x1x4x4xf32>
    %0:2 = qopt.fold_batch_norm %w norm(%g, %b, %m, %v) freeze {eps = 2.500000e-01 : f64} : (tensor<2x1x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2x1x1x1xf32>, tensor<2xf32>)
    %wq = qopt.fake_quant %0#0 @conv.weight : tensor<2x1x1x1xf32>
    %1 = nn.conv2d %xq, %wq, %0#1 {nn.name = "y", qopt.qconfig = #qopt.qconfig<activation = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">, weight = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">, rule = "global">} : (tensor<?x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
    %yq = qopt.fake_quant %1 @y : tensor<?x2x4x4xf32>
    return %yq : tensor<?x2x4x4xf32>
  }
}
