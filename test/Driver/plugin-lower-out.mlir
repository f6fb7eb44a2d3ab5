// The stock mlir-opt runs the ways out from the plugin, and takes what they write without it.
// REQUIRES: plugin
// UNSUPPORTED: asan
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s --pass-pipeline="builtin.module(qopt-linalg-pipeline)" | mlir-opt | FileCheck %s --check-prefix=LINALG
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s --pass-pipeline="builtin.module(qopt-tosa-pipeline{batch=2})" | mlir-opt | FileCheck %s --check-prefix=TOSA
// LINALG: linalg.matmul
// TOSA: tosa.conv2d
!u = !quant.uniform<u8:f32, 0.5:100>
!w = !quant.uniform<i8:f32, 0.5>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x3x!u> {nn.name = "x"}) -> tensor<?x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w {nn.name = "y"} : (tensor<?x3x!u>, tensor<2x3x!w>) -> tensor<?x2x!u>
    return %y : tensor<?x2x!u>
  }
}
