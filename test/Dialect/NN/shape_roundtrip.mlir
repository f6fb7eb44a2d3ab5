// Movement of codes: reshape, transpose, slice, cat, split, ...
// Each form of syntax, as text, bytecode and generic form.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s
// RUN: qopt %s --mlir-print-op-generic | qopt | FileCheck %s

// CHECK-LABEL: func.func @reshape
// CHECK: nn.reshape %{{.*}} {shape = array<i64: 0, 24>} : (tensor<?x4x6xf32>) -> tensor<?x24xf32>
// CHECK: nn.reshape %{{.*}} {shape = array<i64: -1, 12>} : (tensor<?x4x6xf32>) -> tensor<?x12xf32>
// CHECK: nn.reshape %{{.*}} {shape = array<i64: 0, 2, -1, 1>} : (tensor<?x4x6xf32>) -> tensor<?x2x12x1xf32>
func.func @reshape(%x: tensor<?x4x6xf32>) {
  %a0 = nn.reshape %x {shape = array<i64: 0, 24>} : (tensor<?x4x6xf32>) -> tensor<?x24xf32>
  %a1 = nn.reshape %x {shape = array<i64: -1, 12>} : (tensor<?x4x6xf32>) -> tensor<?x12xf32>
  %a2 = nn.reshape %x {shape = array<i64: 0, 2, -1, 1>} : (tensor<?x4x6xf32>) -> tensor<?x2x12x1xf32>
  return
}

// CHECK-LABEL: func.func @flatten
// CHECK: nn.flatten %{{.*}} : (tensor<?x4x6xf32>) -> tensor<?x24xf32>
// CHECK: nn.flatten %{{.*}} {axis = 2 : i64} : (tensor<?x4x6xf32>) -> tensor<?x4x6xf32>
func.func @flatten(%x: tensor<?x4x6xf32>) {
  %a0 = nn.flatten %x : (tensor<?x4x6xf32>) -> tensor<?x24xf32>
  %a1 = nn.flatten %x {axis = 2 : i64} : (tensor<?x4x6xf32>) -> tensor<?x4x6xf32>
  return
}

// CHECK-LABEL: func.func @transpose
// CHECK: nn.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : (tensor<?x4x6xf32>) -> tensor<?x6x4xf32>
func.func @transpose(%x: tensor<?x4x6xf32>) {
  %a0 = nn.transpose %x {perm = array<i64: 0, 2, 1>} : (tensor<?x4x6xf32>) -> tensor<?x6x4xf32>
  return
}

// CHECK-LABEL: func.func @slice
// CHECK: nn.slice %{{.*}} {axes = array<i64: 1, 2>, ends = array<i64: 4, 5>, starts = array<i64: 1, 0>, steps = array<i64: 1, 2>} : (tensor<?x4x6xf32>) -> tensor<?x3x3xf32>
func.func @slice(%x: tensor<?x4x6xf32>) {
  %a0 = nn.slice %x {axes = array<i64: 1, 2>, ends = array<i64: 4, 5>, starts = array<i64: 1, 0>, steps = array<i64: 1, 2>} : (tensor<?x4x6xf32>) -> tensor<?x3x3xf32>
  return
}

// CHECK-LABEL: func.func @squeeze
// CHECK: nn.squeeze %{{.*}} {axes = array<i64: 1, 3>} : (tensor<?x1x6x1xf32>) -> tensor<?x6xf32>
func.func @squeeze(%x: tensor<?x1x6x1xf32>) {
  %a0 = nn.squeeze %x {axes = array<i64: 1, 3>} : (tensor<?x1x6x1xf32>) -> tensor<?x6xf32>
  return
}

// CHECK-LABEL: func.func @unsqueeze
// CHECK: nn.unsqueeze %{{.*}} {axes = array<i64: 1, 3>} : (tensor<?x6xf32>) -> tensor<?x1x6x1xf32>
func.func @unsqueeze(%x: tensor<?x6xf32>) {
  %a0 = nn.unsqueeze %x {axes = array<i64: 1, 3>} : (tensor<?x6xf32>) -> tensor<?x1x6x1xf32>
  return
}

// CHECK-LABEL: func.func @pad
// CHECK: nn.pad %{{.*}} {high = array<i64: 0, 0, 1>, low = array<i64: 0, 2, 0>} : (tensor<?x4x6xf32>) -> tensor<?x6x7xf32>
// CHECK: nn.pad %{{.*}} {high = array<i64: 0, 0, 1>, low = array<i64: 0, 2, 0>, value = 5.000000e-01 : f32} : (tensor<?x4x6xf32>) -> tensor<?x6x7xf32>
func.func @pad(%x: tensor<?x4x6xf32>) {
  %a0 = nn.pad %x {high = array<i64: 0, 0, 1>, low = array<i64: 0, 2, 0>} : (tensor<?x4x6xf32>) -> tensor<?x6x7xf32>
  %a1 = nn.pad %x {high = array<i64: 0, 0, 1>, low = array<i64: 0, 2, 0>, value = 5.000000e-01 : f32} : (tensor<?x4x6xf32>) -> tensor<?x6x7xf32>
  return
}

// CHECK-LABEL: func.func @depth_to_space
// CHECK: nn.depth_to_space %{{.*}} {block = 2 : i64} : (tensor<?x8x2x3xf32>) -> tensor<?x2x4x6xf32>
// CHECK: nn.depth_to_space %{{.*}} {block = 2 : i64, column_major = true} : (tensor<?x8x2x3xf32>) -> tensor<?x2x4x6xf32>
func.func @depth_to_space(%x: tensor<?x8x2x3xf32>) {
  %a0 = nn.depth_to_space %x {block = 2 : i64} : (tensor<?x8x2x3xf32>) -> tensor<?x2x4x6xf32>
  %a1 = nn.depth_to_space %x {block = 2 : i64, column_major = true} : (tensor<?x8x2x3xf32>) -> tensor<?x2x4x6xf32>
  return
}

// CHECK-LABEL: func.func @cat
// CHECK: nn.cat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<?x4x6xf32>, tensor<?x2x6xf32>) -> tensor<?x6x6xf32>
func.func @cat(%x: tensor<?x4x6xf32>, %y: tensor<?x2x6xf32>) {
  %a0 = nn.cat %x, %y {axis = 1 : i64} : (tensor<?x4x6xf32>, tensor<?x2x6xf32>) -> tensor<?x6x6xf32>
  return
}

// CHECK-LABEL: func.func @split
// CHECK: nn.split %{{.*}} {axis = 1 : i64, sizes = array<i64: 1, 3>} : (tensor<?x4x6xf32>) -> (tensor<?x1x6xf32>, tensor<?x3x6xf32>)
func.func @split(%x: tensor<?x4x6xf32>) {
  %a:2 = nn.split %x {axis = 1 : i64, sizes = array<i64: 1, 3>} : (tensor<?x4x6xf32>) -> (tensor<?x1x6xf32>, tensor<?x3x6xf32>)
  return
}

// CHECK-LABEL: func.func @codes
// CHECK: nn.transpose %{{.*}} {perm = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<3x2x!quant.uniform<u8:f32, 5.000000e-01:128>>
func.func @codes(%x: tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  %a0 = nn.transpose %x {perm = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<3x2x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}
