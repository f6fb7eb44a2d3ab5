// From imported float ops to quantization points, with the default preset; each stage's output
// reads back as it was written.
// RUN: qopt %s --qopt-fuse-pipeline -o %t.fused.mlir
// RUN: qopt %t.fused.mlir --qopt-qconfig-pipeline -o %t.configured.mlir
// RUN: qopt %t.configured.mlir --qopt-prepare-pipeline -o %t.prepared.mlir
// RUN: FileCheck %s < %t.prepared.mlir
// RUN: qopt %t.configured.mlir | diff %t.configured.mlir -
// RUN: qopt %t.prepared.mlir | diff %t.prepared.mlir -
// RUN: qopt %t.prepared.mlir --emit-bytecode | qopt | diff %t.prepared.mlir -
// RUN: qopt %s --qopt-fuse-pipeline --qopt-qconfig-pipeline --qopt-prepare-pipeline | diff %t.prepared.mlir -

// CHECK-DAG: #[[W:.*]] = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
// CHECK-DAG: #[[A:.*]] = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
// CHECK: module attributes {qopt.stage = "prepared"}
// CHECK-NEXT: qopt.qparams @x #[[A]] {rule = "default of target 'x86'"}
// CHECK-NEXT: qopt.qparams @r1 #[[A]]
// CHECK-NEXT: qopt.qparams @y #[[A]]
// CHECK-NEXT: qopt.qparams @conv1.weight #[[W]] {axis = 0 : i64
// CHECK-NEXT: qopt.qparams @conv2.weight #[[W]] {axis = 0 : i64
// CHECK-NEXT: qopt.qparams @y.mid #[[A]]
// CHECK-NOT: qopt.qparams
// CHECK: %[[X:.*]] = qopt.observe %arg0 @x
// CHECK: %[[W1:.*]] = qopt.observe %{{.*}} @conv1.weight
// CHECK: %[[W2:.*]] = qopt.observe %{{.*}} @conv2.weight
// CHECK: %[[R1:.*]] = nn.conv2d %[[X]], %[[W1]], %{{.*}} act <relu>
// CHECK: %[[R1Q:.*]] = qopt.observe %[[R1]] @r1
// CHECK: %[[Y:.*]] = nn.conv2d %[[R1Q]], %[[W2]], %{{.*}} residual(%[[X]]) act <relu> mid(@y.mid)
// CHECK: %[[YQ:.*]] = qopt.observe %[[Y]] @y
// CHECK: return %[[YQ]]
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
