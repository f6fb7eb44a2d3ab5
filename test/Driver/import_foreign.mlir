// The verb reads modules of foreign dialects, and only those.
// RUN: rm -rf %t && mkdir %t
// RUN: qopt import %s -o %t/net.mlir
// RUN: FileCheck %s --input-file=%t/net.mlir
// RUN: not qopt import %t/net.mlir 2>&1 | FileCheck %s --check-prefix=OWN
// RUN: echo "func.func @f(" > %t/broken.mlir
// RUN: not qopt import %t/broken.mlir -o %t/none.mlir 2>&1 | FileCheck %s --check-prefix=BROKEN
// RUN: not ls %t/none.mlir

// CHECK: qopt.stage = "imported"
// CHECK: nn.tanh %arg0 {nn.layer = "tanh", nn.name = "tanh"}
// OWN: error: {{.*}}is a module of qopt already, at stage 'imported'; expected a network of tosa, linalg or onnx ops
// BROKEN: error: {{.*}}broken.mlir:
func.func @forward(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = tosa.tanh %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
