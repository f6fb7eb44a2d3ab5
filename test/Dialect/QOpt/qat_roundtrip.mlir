// RUN: qopt %s --verify-roundtrip | FileCheck %s
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s

// CHECK: qopt.qparams @a #spec_u4{{.*}} {learned = #qopt.learned<scale>}
qopt.qparams @a #qopt.spec<bits = 4, is_signed = false, qmin = 0, qmax = 15, scheme = affine, granularity = per_tensor, observer = "min_max"> {learned = #qopt.learned<scale>}
// CHECK: qopt.qparams @b {{.*}}learned = #qopt.learned<scale, zero_point, torch>, observer_enabled = false
qopt.qparams @b #qopt.spec<bits = 16, is_signed = true, qmin = -32768, qmax = 32767, scheme = affine, granularity = per_tensor, observer = "min_max"> {learned = #qopt.learned<scale, zero_point, torch>, observer_enabled = false, fake_quant_enabled = false}
// CHECK: qopt.qparams @c {{.*}}learned = #qopt.learned<scale, none>
qopt.qparams @c #qopt.spec<bits = 2, is_signed = true, qmin = -2, qmax = 1, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max"> {axis = 0 : i64, learned = #qopt.learned<scale, none>}

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<?x3x8x8xf32> {nn.name = "x"}, %w: tensor<4x3x1x1xf32>, %b: tensor<4xf32>) -> tensor<?x4x8x8xf32> {
  %n = nn.parameter "n" dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  // CHECK: qopt.fold_batch_norm %{{.*}} norm(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) update : (tensor<4x3x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3x1x1xf32>, tensor<4xf32>)
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update : (tensor<4x3x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3x1x1xf32>, tensor<4xf32>)
  // CHECK: qopt.fold_batch_norm %{{.*}} bias(%{{.*}}) norm(%{{.*}}) freeze {eps = 1.000000e-03 : f64}
  %1:2 = qopt.fold_batch_norm %w bias(%b) norm(%n, %n, %n, %n) freeze {eps = 1.000000e-03 : f64} : (tensor<4x3x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3x1x1xf32>, tensor<4xf32>)
  // CHECK: qopt.fake_quant %{{.*}} @a
  %2 = qopt.fake_quant %0#0 @a : tensor<4x3x1x1xf32>
  %3 = qopt.fake_quant %1#0 @c : tensor<4x3x1x1xf32>
  %4 = nn.conv2d %x, %2, %0#1 {nn.name = "y"} : (tensor<?x3x8x8xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
  %5 = qopt.fake_quant %4 @b : tensor<?x4x8x8xf32>
  return %5 : tensor<?x4x8x8xf32>
}
