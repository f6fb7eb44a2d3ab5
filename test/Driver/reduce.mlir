// The reducer knows the dialects: from a module that keeps a max_pool2d, everything else that is
// not needed goes.
// RUN: qopt-reduce %s -reduction-tree='traversal-mode=0 test=%S/Inputs/has_max_pool.sh' | FileCheck %s

// CHECK: nn.max_pool2d
// CHECK-NOT: nn.sigmoid
func.func @unrelated(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %y = nn.sigmoid %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}
func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  %y = nn.max_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>}
      : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}
