// A basic block of a residual network in one go; the output reads back as it was written.
// RUN: qopt %s --qopt-fuse-pipeline -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: qopt %t.mlir | diff %t.mlir -
// RUN: qopt %t.mlir --qopt-fuse-pipeline | diff %t.mlir -
// RUN: qopt %s --qopt-fuse-pipeline="residual=false activations=none" | FileCheck %s --check-prefix=BARE

// CHECK: module attributes {qopt.stage = "fused"}
// CHECK: %[[C:.*]] = nn.conv2d %arg0, %{{.*}}, %{{.*}} act <relu> {nn.fused = ["conv1", "bn1", "relu"], nn.layer = "conv1", nn.name = "r1", padding = array<i64: 1, 1, 1, 1>}
// CHECK: nn.conv2d %[[C]], %{{.*}}, %{{.*}} residual(%arg0) act <relu> {nn.fused = ["conv2", "bn2", "sum", "relu"], nn.layer = "conv2", nn.name = "y", padding = array<i64: 1, 1, 1, 1>}
// CHECK-NOT: nn.batch_norm
// CHECK-NOT: nn.add
// CHECK-NOT: nn.relu

// BARE: nn.conv2d
// BARE: nn.relu
// BARE: nn.conv2d
// BARE: nn.add
// BARE: nn.relu
func.func @main(%x: tensor<?x1x4x4xf32> {nn.name = "x"}) -> (tensor<?x1x4x4xf32> {nn.name = "y"}) {
  %w1 = nn.parameter "conv1.weight" dense<1.0> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %w2 = nn.parameter "conv2.weight" dense<1.0> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w1 {padding = array<i64: 1, 1, 1, 1>, nn.name = "c1", nn.layer = "conv1"} : (tensor<?x1x4x4xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x4x4xf32>
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "b1", nn.layer = "bn1"} : (tensor<?x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x1x4x4xf32>
  %2 = nn.relu %1 {nn.name = "r1", nn.layer = "relu"} : (tensor<?x1x4x4xf32>) -> tensor<?x1x4x4xf32>
  %3 = nn.conv2d %2, %w2 {padding = array<i64: 1, 1, 1, 1>, nn.name = "c2", nn.layer = "conv2"} : (tensor<?x1x4x4xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x4x4xf32>
  %4 = nn.batch_norm %3, %one, %one, %one, %one {nn.name = "b2", nn.layer = "bn2"} : (tensor<?x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x1x4x4xf32>
  %5 = nn.add %4, %x {nn.name = "sum"} : (tensor<?x1x4x4xf32>, tensor<?x1x4x4xf32>) -> tensor<?x1x4x4xf32>
  %6 = nn.relu %5 {nn.name = "y", nn.layer = "relu"} : (tensor<?x1x4x4xf32>) -> tensor<?x1x4x4xf32>
  return %6 : tensor<?x1x4x4xf32>
}
