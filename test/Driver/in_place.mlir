// The opt tool's output appears when it is whole: it may be the input, and a failure leaves nothing.
// RUN: rm -rf %t && mkdir %t && cp %s %t/x.mlir
// RUN: qopt %t/x.mlir --canonicalize -o %t/x.mlir
// RUN: FileCheck %s < %t/x.mlir
// RUN: not qopt %t/x.mlir --lower-to-ukernel=tune=quick -o %t/y.mlir
// RUN: ls %t | FileCheck %s --check-prefix=LEFT
// RUN: not qopt %t/x.mlir -o %t/none/y.mlir 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: nn.relu %{{.*}} : (tensor<1x8xf32>) -> tensor<1x8xf32>
// LEFT: {{^x.mlir$}}
// LEFT-NOT: y.mlir
// NONE: error: {{.*}}none/y.mlir: cannot create a file there: No such file or directory
func.func @main(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %y = nn.relu %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}
