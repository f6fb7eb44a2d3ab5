// RUN: qopt %s --split-input-file --fuse-residual-add --verify-each | FileCheck %s

// CHECK-LABEL: func @plain
// CHECK: nn.conv2d %arg0, %{{.*}} residual(%arg0) {nn.fused = ["conv", "s"], nn.layer = "conv", nn.name = "s"}
// CHECK-NOT: nn.add
func.func @plain(%x: tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c", nn.layer = "conv"} : (tensor<?x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<?x1x2x2xf32>
  %1 = nn.add %0, %x {nn.name = "s"} : (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  return %1 : tensor<?x1x2x2xf32>
}

// -----

// Both addends qualify: the later one takes the other as its residual, on either side.
// CHECK-LABEL: func @later_takes
// CHECK: %[[A:.*]] = nn.conv2d {{.*}}nn.name = "c1"
// CHECK: nn.conv2d %{{.*}} residual(%[[A]]) {{.*}}nn.name = "s"
// CHECK: %[[B:.*]] = nn.conv2d {{.*}}nn.name = "c3"
// CHECK: nn.conv2d %{{.*}} residual(%[[B]]) {{.*}}nn.name = "t"
// CHECK-NOT: nn.add
func.func @later_takes(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c1"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.conv2d %x, %w {nn.name = "c2"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.add %0, %1 {nn.name = "s"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.conv2d %2, %w {nn.name = "c3"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %4 = nn.conv2d %2, %w {nn.name = "c4"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %5 = nn.add %4, %3 {nn.name = "t"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %5 : tensor<1x1x2x2xf32>
}

// -----

// The residual is made after the convolution: the convolution moves down to the add.
// CHECK-LABEL: func @moves_down
// CHECK: %[[R:.*]] = nn.relu
// CHECK: nn.conv2d %{{.*}} residual(%[[R]])
func.func @moves_down(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.relu %x {nn.name = "r"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.add %1, %0 {nn.name = "s"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %2 : tensor<1x1x2x2xf32>
}

// -----

// Not fused: broadcasting, an activation in between, another user, the same value twice, a
// transposed convolution.
// CHECK-LABEL: func @stays
// CHECK-COUNT-5: nn.add
func.func @stays(%x: tensor<1x1x2x2xf32>, %s: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c1"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.add %0, %s {nn.name = "s1"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.conv2d %1, %w act <relu> {nn.name = "c2"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.add %2, %x {nn.name = "s2"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %4 = nn.conv2d %3, %w {nn.name = "c3"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %5 = nn.relu %4 {nn.name = "r"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %6 = nn.add %4, %5 {nn.name = "s3"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %7 = nn.conv2d %6, %w {nn.name = "c4"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %8 = nn.add %7, %7 {nn.name = "s4"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %9 = nn.conv_transpose2d %8, %w {nn.name = "c5"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %10 = nn.add %9, %8 {nn.name = "s5"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %10 : tensor<1x1x2x2xf32>
}
