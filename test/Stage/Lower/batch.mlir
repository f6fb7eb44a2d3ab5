// The batch: unknown, fixed by the model, fixed by an option.
// RUN: qopt %s --lower-to-ukernel=isa=scalar --split-input-file | FileCheck %s
// RUN: not qopt %s --lower-to-ukernel='isa=scalar batch=3' --split-input-file 2>&1 | FileCheck %s --check-prefix=FIX
// RUN: not qopt %s --lower-to-ukernel=isa=avx --split-input-file 2>&1 | FileCheck %s --check-prefix=ISA
// RUN: qopt %s --lower-to-ukernel=isa=scalar,avx2,neon --split-input-file | FileCheck %s --check-prefix=ISAS

// CHECK-LABEL: ukernel.program @main_scalar isa("scalar") {
// CHECK: ukernel.input 0 "x" tensor<?x4xf32> : <4 x f32>
// FIX-DAG: ukernel.program @main_scalar isa("scalar") attributes {fixed_batch = 3 : i64} {
// FIX-DAG: ukernel.input 0 "x" tensor<3x4xf32> : <4 x f32>
// ISA: unknown ISA 'avx' (did you mean 'avx2'?); expected some of scalar, avx2, avxvnni, avx512vnni, neon, neon_dot, neon_i8mm
// ISAS: ukernel.program @main_scalar
// ISAS: ukernel.program @main_avx2
// ISAS: ukernel.program @main_neon
func.func @main(%x: tensor<?x4xf32> {nn.name = "x"}) -> tensor<?x4xf32> {
  %y = nn.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: ukernel.program @main_scalar isa("scalar") attributes {fixed_batch = 2 : i64} {
// CHECK: ukernel.input 0 "x" tensor<2x4xf32> : <4 x f32>
// FIX-DAG: cannot be compiled for a batch of 3: the model is fixed to 2
func.func @main(%x: tensor<2x4xf32> {nn.name = "x"}) -> tensor<2x4xf32> {
  %y = nn.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// With a batch of 1 dimension 0 is like any other.
// CHECK-LABEL: ukernel.program @main_scalar isa("scalar") attributes {fixed_batch = 1 : i64} {
// CHECK: ukernel.f32_softmax {{.*}}axis_size = 4 : i32, inner = 3 : i32, outer = 1 : i32
func.func @main(%x: tensor<1x4x3xf32> {nn.name = "x"}) -> tensor<4x3xf32> {
  %r = nn.reshape %x {shape = array<i64: 4, 3>} : (tensor<1x4x3xf32>) -> tensor<4x3xf32>
  %y = nn.softmax %r {axis = 0 : i64} : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
