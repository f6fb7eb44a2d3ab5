// A batch that a reshape merges with another dimension or splits is what the reshape makes of it.
// RUN: split-file %s %t
// RUN: qopt %t/merged.mlir --qopt-linalg-pipeline=batch=2 | FileCheck %s
// RUN: not qopt %t/split.mlir --qopt-linalg-pipeline=batch=3 2>&1 | FileCheck %s --check-prefix=SPLIT
// CHECK: func.func @main(%{{.*}}: tensor<2x4xi8>) -> tensor<4x2xi8>
// SPLIT: error: does not fit a batch of 3; give one that its shape can hold

//--- merged.mlir
!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x4x!u>) -> tensor<?x2x!u> {
    %0 = nn.reshape %x {shape = array<i64: -1, 2>} : (tensor<?x4x!u>) -> tensor<?x2x!u>
    return %0 : tensor<?x2x!u>
  }
}

//--- split.mlir
!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x4x!u>) -> tensor<?x8x!u> {
    %0 = nn.reshape %x {shape = array<i64: -1, 8>} : (tensor<?x4x!u>) -> tensor<?x8x!u>
    return %0 : tensor<?x8x!u>
  }
}
