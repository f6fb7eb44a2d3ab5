// A fixed batch, and one function per op.
// RUN: qopt %s --qopt-linalg-pipeline=batch=3 | FileCheck %s --check-prefix=BATCH
// RUN: qopt %s --qopt-linalg-pipeline=per-op=true | FileCheck %s --check-prefix=OPS
// RUN: not qopt %s --pass-pipeline='builtin.module(func.func(lower-out-fix-batch{batch=-1}))' 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not qopt export %s -o %t.mlir --batch 2 2>&1 | FileCheck %s --check-prefix=ONNX
// RUN: qopt export %s -o %t.mlir --format=linalg --batch 3 && FileCheck %s --check-prefix=BATCH --input-file=%t.mlir
// BATCH: func.func @main(%arg0: tensor<3x2xf32> {nn.name = "x"}) -> (tensor<3x4xf32> {nn.name = "z"})
// BATCH-NOT: ?
// OPS-DAG: func.func @op_0_quantize(%arg0: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x2xi8> {nn.name = "x"})
// OPS-DAG: func.func @op_1_add(%arg0: tensor<?x2xi8> {nn.name = "x"}) -> (tensor<?x2xi8> {nn.name = "y"})
// OPS-DAG: func.func @op_2_cat(%arg0: tensor<?x2xi8> {nn.name = "x"}, %arg1: tensor<?x2xi8> {nn.name = "y"}) -> (tensor<?x4xi8> {nn.name = "c"})
// OPS-DAG: func.func @op_3_dequantize(%arg0: tensor<?x4xi8> {nn.name = "c"}) -> (tensor<?x4xf32> {nn.name = "z"})
// OPS-NOT: @main
// NEGATIVE: expected a positive batch, got -1
// ONNX: --batch and --per-op need --format=linalg
!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "z"}) {
    %q = qopt.quantize %x {nn.name = "x"} : tensor<?x2xf32> -> tensor<?x2x!u>
    %k = nn.parameter "k" dense<[[7, -1]]> : tensor<1x2xi8> -> tensor<1x2x!u>
    %y = nn.add %q, %k {nn.name = "y"} : (tensor<?x2x!u>, tensor<1x2x!u>) -> tensor<?x2x!u>
    %c = nn.cat %q, %y {axis = 1 : i64, nn.name = "c"} : (tensor<?x2x!u>, tensor<?x2x!u>) -> tensor<?x4x!u>
    %z = qopt.dequantize %c {nn.name = "z"} : tensor<?x4x!u> -> tensor<?x4xf32>
    return %z : tensor<?x4xf32>
  }
}
