// The stock mlir-opt runs the whole way, from the float network to LLVM, from one text.
// REQUIRES: plugin, numpy
// UNSUPPORTED: asan
// RUN: %python %source/test/Stage/Calibrate/Inputs/npz.py %t.npz "x=np.random.default_rng(0).normal(size=(16, 3, 8, 8)).astype('f4')"
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s -o %t.int8.mlir \
// RUN:   --pass-pipeline="builtin.module(qopt-fuse-pipeline,qopt-qconfig-pipeline,qopt-prepare-pipeline,qopt-calibrate-pipeline{data=%t.npz},qopt-convert-pipeline)"
// RUN: FileCheck %s < %t.int8.mlir
// What it made is what the driver makes, and runs.
// RUN: qopt quantize %s --calib %t.npz -o %t.driver.mlir
// RUN: qopt compile %t.driver.mlir -o %t.so
// RUN: qopt compare %t.int8.mlir %t.so --data %t.npz | FileCheck %s --check-prefix=SAME
// Further down in the same text.
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s \
// RUN:   --pass-pipeline="builtin.module(qopt-fuse-pipeline,qopt-qconfig-pipeline,qopt-prepare-pipeline,qopt-calibrate-pipeline{data=%t.npz},qopt-convert-pipeline,lower-to-ukernel{isa=scalar},ukernel.program(lower-plan-memory),lower-ukernel-to-llvm)" \
// RUN:   | FileCheck %s --check-prefix=LLVM

// CHECK: qopt.stage = "converted"
// CHECK: qopt.quantize
// CHECK: nn.conv2d {{.*}} residual(%{{.*}}) act <relu> mid(!
// CHECK-SAME: nn.fused = ["conv1", "norm", "add", "y"]
// CHECK-NOT: nn.batch_norm
// CHECK-NOT: qopt.observe %
// CHECK: qopt.dequantize

// SAME: codes compared in 2 values {{.*}}: 0 differ

// LLVM-NOT: nn.
// LLVM: llvm.func
// LLVM-NOT: ukernel.
module attributes {qopt.version = 1 : i64, qopt.stage = "imported",
                   qopt.numerics = #qopt.numerics<"qopt.v1">} {
  func.func @main(%x: tensor<?x3x8x8xf32> {nn.name = "x"})
      -> (tensor<?x3x8x8xf32> {nn.name = "y"}) {
    %w = nn.parameter "conv1.weight" dense<[[[[0.5]], [[-0.25]], [[0.75]]], [[[-0.5]], [[1.0]], [[0.125]]], [[[0.3]], [[0.2]], [[-0.9]]]]> : tensor<3x3x1x1xf32> -> tensor<3x3x1x1xf32>
    %g = nn.parameter "norm.weight" dense<[1.5, 0.5, 1.0]> : tensor<3xf32> -> tensor<3xf32>
    %b = nn.parameter "norm.bias" dense<[0.1, -0.2, 0.3]> : tensor<3xf32> -> tensor<3xf32>
    %m = nn.parameter "norm.mean" dense<[0.0, 0.1, -0.1]> : tensor<3xf32> -> tensor<3xf32>
    %v = nn.parameter "norm.var" dense<[1.0, 2.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
    %0 = nn.conv2d %x, %w {nn.name = "conv1"}
        : (tensor<?x3x8x8xf32>, tensor<3x3x1x1xf32>) -> tensor<?x3x8x8xf32>
    %1 = nn.batch_norm %0, %g, %b, %m, %v {nn.name = "norm"}
        : (tensor<?x3x8x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<?x3x8x8xf32>
    %2 = nn.add %1, %x {nn.name = "add"} : (tensor<?x3x8x8xf32>, tensor<?x3x8x8xf32>) -> tensor<?x3x8x8xf32>
    %3 = nn.relu %2 {nn.name = "y"} : (tensor<?x3x8x8xf32>) -> tensor<?x3x8x8xf32>
    return %3 : tensor<?x3x8x8xf32>
  }
}
