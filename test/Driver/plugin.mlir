// The stock mlir-opt runs qopt's passes from the plugin.
// REQUIRES: plugin
// UNSUPPORTED: asan
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s \
// RUN:   --pass-pipeline="builtin.module(qopt-fuse-pipeline)" | FileCheck %s

// CHECK: qopt.stage = "fused"
// CHECK: nn.conv2d
// CHECK-SAME: act <relu>
// CHECK-NOT: nn.relu
module attributes {qopt.version = 1 : i64, qopt.stage = "imported",
                   qopt.numerics = #qopt.numerics<"qopt.v1">} {
  func.func @main(%x: tensor<?x3x8x8xf32> {nn.name = "x"})
      -> (tensor<?x4x8x8xf32> {nn.name = "y"}) {
    %w = nn.parameter "conv1.weight" dense<0.5> : tensor<4x3x1x1xf32> -> tensor<4x3x1x1xf32>
    %0 = nn.conv2d %x, %w {nn.name = "conv1"}
        : (tensor<?x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<?x4x8x8xf32>
    %1 = nn.relu %0 {nn.name = "y"} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
    return %1 : tensor<?x4x8x8xf32>
  }
}
