// RUN: qopt %s --split-input-file --fuse-fold-batch-norm | FileCheck %s

// g = gamma / sqrt(var + eps) = 4 / 2 = 2 and 1 / 1 = 1; b' = beta + (b - mean) * g.
// CHECK-LABEL: func @main
// CHECK: %[[W:.*]] = nn.parameter "conv1.weight" dense<{{\[\[\[\[}}2.000000e+00{{\]\]\], \[\[\[}}3.000000e+00{{\]\]\]\]}}>
// CHECK: %[[B:.*]] = nn.parameter "conv1.bias" dense<[-9.000000e+00, 7.000000e+00]>
// CHECK-NOT: nn.parameter
// CHECK: nn.conv2d %{{.*}}, %[[W]], %[[B]] {nn.fused = ["conv1", "bn1"], nn.layer = "conv1", nn.name = "out"}
// CHECK-NOT: nn.batch_norm
func.func @main(%x: tensor<?x1x4x4xf32> {nn.name = "x"}) -> tensor<?x2x4x4xf32> {
  %w = nn.parameter "conv1.weight" dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %b = nn.parameter "conv1.bias" dense<[5.0, 6.0]> : tensor<2xf32> -> tensor<2xf32>
  %gamma = nn.parameter "bn1.weight" dense<[4.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %beta = nn.parameter "bn1.bias" dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %mean = nn.parameter "bn1.running_mean" dense<[10.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %var = nn.parameter "bn1.running_var" dense<[3.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.conv2d %x, %w, %b {nn.name = "c", nn.layer = "conv1"} : (tensor<?x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  %1 = nn.batch_norm %0, %gamma, %beta, %mean, %var {eps = 1.0, nn.name = "out", nn.layer = "bn1"} : (tensor<?x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  return %1 : tensor<?x2x4x4xf32>
}

// -----

// Without a bias one appears, named after the weight.
// CHECK-LABEL: func @main
// CHECK: nn.parameter "fc.weight" dense<{{\[\[}}2.000000e+00, 4.000000e+00]]>
// CHECK: nn.parameter "fc.bias" dense<7.000000e+00>
// CHECK-NOT: nn.batch_norm
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> tensor<1x1xf32> {
  %w = nn.parameter "fc.weight" dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %two = nn.parameter "two" dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %beta = nn.parameter "beta" dense<9.0> : tensor<1xf32> -> tensor<1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %var = nn.parameter "var" dense<0.75> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.linear %x, %w {nn.name = "h"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %1 = nn.batch_norm %0, %two, %beta, %one, %var {eps = 0.25, nn.name = "y"} : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// A transposed convolution with groups: output channels per group lie on axis 1, channel
// 2 * group + i1; factors 1, 2, 3, 4.
// CHECK-LABEL: func @main
// CHECK: nn.parameter "up.weight" dense<{{\[\[\[\[}}1.000000e+00{{\]\], \[\[}}2.000000e+00{{\]\]\], \[\[\[}}3.000000e+00{{\]\], \[\[}}4.000000e+00{{\]\]\]\]}}>
// CHECK-NOT: nn.batch_norm
func.func @main(%x: tensor<1x2x1x1xf32> {nn.name = "x"}) -> tensor<1x4x1x1xf32> {
  %w = nn.parameter "up.weight" dense<1.0> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %gamma = nn.parameter "gamma" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> -> tensor<4xf32>
  %zero = nn.parameter "zero" dense<0.0> : tensor<4xf32> -> tensor<4xf32>
  %0 = nn.conv_transpose2d %x, %w {groups = 2, nn.name = "h"} : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x4x1x1xf32>
  %1 = nn.batch_norm %0, %gamma, %zero, %zero, %zero {eps = 1.0, nn.name = "y"} : (tensor<1x4x1x1xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x1x1xf32>
  return %1 : tensor<1x4x1x1xf32>
}

// -----

// A convolution with two users keeps its batch_norm; so does one before a convolution, one
// behind an activation, and one with parameters that are computed.
// CHECK-LABEL: func @main
// CHECK-COUNT-4: nn.batch_norm
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}, %computed: tensor<1xf32> {nn.name = "g"}) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %before = nn.batch_norm %x, %one, %one, %one, %one {nn.name = "before"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %0 = nn.conv2d %before, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "two"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.add %0, %1 {nn.name = "sum"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.conv2d %2, %w act <relu> {nn.name = "r"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %4 = nn.batch_norm %3, %one, %one, %one, %one {nn.name = "behind"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %5 = nn.conv2d %4, %w {nn.name = "q"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %6 = nn.batch_norm %5, %computed, %one, %one, %one {nn.name = "dyn"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %6 : tensor<1x1x2x2xf32>
}

// -----

// A linear of rank 3 makes its channels last, batch_norm counts axis 1.
// CHECK-LABEL: func @main
// CHECK: nn.linear
// CHECK: nn.batch_norm
func.func @main(%x: tensor<1x2x2xf32> {nn.name = "x"}) -> tensor<1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.linear %x, %w {nn.name = "h"} : (tensor<1x2x2xf32>, tensor<2x2xf32>) -> tensor<1x2x2xf32>
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "y"} : (tensor<1x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x2xf32>
  return %1 : tensor<1x2x2xf32>
}

// -----

// One convolution module used twice with one batch_norm module: values of their own for each
// use. Two batch_norms in a row both fold.
// CHECK-LABEL: func @main
// CHECK: nn.parameter "w.1" dense<2.000000e+00>
// CHECK: nn.parameter "w" dense<1.000000e+00>
// CHECK: nn.conv2d
// CHECK-SAME: nn.fused = ["c", "a", "b"]
// CHECK: nn.batch_norm {{.*}}nn.name = "y"
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %two = nn.parameter "two" dense<2.0> : tensor<1xf32> -> tensor<1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %zero = nn.parameter "zero" dense<0.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.batch_norm %0, %two, %zero, %zero, %zero {eps = 1.0, nn.name = "a"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.batch_norm %1, %one, %zero, %zero, %zero {eps = 1.0, nn.name = "b"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.conv2d %2, %w {nn.name = "d"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %4 = nn.relu %3 {nn.name = "r"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %5 = nn.batch_norm %4, %two, %zero, %zero, %zero {eps = 1.0, nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %5 : tensor<1x1x2x2xf32>
}
