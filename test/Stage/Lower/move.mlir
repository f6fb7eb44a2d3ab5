// Ops that move codes: nothing where the bytes agree, else strided copies.
// RUN: qopt %s --lower-to-ukernel=isa=scalar --split-input-file | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:3>

// One pixel: NHWC and row-major are the same bytes. The result is the caller's memory.
// CHECK-LABEL: @main_scalar
// CHECK: %[[X:.*]] = ukernel.input 0 "input0" tensor<?x4x1x1x!{{.*}}> : <4 x i8>
// CHECK-NEXT: %[[Y:.*]] = ukernel.output 0 "output0" tensor<?x4x!{{.*}}> : <4 x i8>
// CHECK-NEXT: ukernel.table @qrt_table_scalar ins(%[[X]]) outs(%[[Y]])
// CHECK-NEXT: ukernel.tensor %[[Y]] "relu" tensor<?x4x1x1x!{{.*}}> strides [4, 1, {{[0-9]+, [0-9]+}}] : <4 x i8>
// CHECK-NEXT: ukernel.tensor %[[Y]] "flat" tensor<?x4x!{{.*}}> strides [4, 1] : <4 x i8>
// CHECK-NEXT: {{^}} }
func.func @main(%x: tensor<?x4x1x1x!q>) -> tensor<?x4x!q> {
  %r = nn.relu %x {nn.name = "relu", table = dense<1> : tensor<256xi8>} : (tensor<?x4x1x1x!q>) -> tensor<?x4x1x1x!q>
  %f = nn.flatten %r {nn.name = "flat"} : (tensor<?x4x1x1x!q>) -> tensor<?x4x!q>
  return %f : tensor<?x4x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// NHWC to row-major: one copy, written in order.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.max_pool2d
// CHECK: ukernel.copy @qrt_copy_scalar
// CHECK-SAME: dims = array<i32: 1, 1, 1, 1, 1, 1, 4, 6>, element_bytes = 1 : i32, in_batch_stride = 24 : i32, in_offset = 0 : i32, in_strides = array<i32: 0, 0, 0, 0, 0, 0, 1, 4>, out_batch_stride = 24 : i32, out_offset = 0 : i32, out_strides = array<i32: 0, 0, 0, 0, 0, 0, 6, 1>
// CHECK-NOT: ukernel.copy
func.func @main(%x: tensor<?x4x2x3x!q>) -> tensor<?x24x!q> {
  %p = nn.max_pool2d %x {kernel = array<i64: 1, 1>} : (tensor<?x4x2x3x!q>) -> tensor<?x4x2x3x!q>
  %f = nn.flatten %p : (tensor<?x4x2x3x!q>) -> tensor<?x24x!q>
  return %f : tensor<?x24x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// A channel shuffle of three ops is one copy.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.max_pool2d
// CHECK: ukernel.copy @qrt_copy_scalar
// CHECK-SAME: dims = array<i32: 1, 1, 1, 1, 1, 6, 3, 2>, {{.*}}in_strides = array<i32: 0, 0, 0, 0, 0, 6, 1, 3>
// CHECK-NOT: ukernel.copy
// CHECK: ukernel.max_pool2d
func.func @main(%x: tensor<?x6x2x3x!q>) -> tensor<?x6x1x1x!q> {
  %p = nn.max_pool2d %x {kernel = array<i64: 1, 1>} : (tensor<?x6x2x3x!q>) -> tensor<?x6x2x3x!q>
  %a = nn.reshape %p {shape = array<i64: 0, 2, 3, 2, 3>} : (tensor<?x6x2x3x!q>) -> tensor<?x2x3x2x3x!q>
  %t = nn.transpose %a {perm = array<i64: 0, 2, 1, 3, 4>} : (tensor<?x2x3x2x3x!q>) -> tensor<?x3x2x2x3x!q>
  %b = nn.reshape %t {shape = array<i64: 0, 6, 2, 3>} : (tensor<?x3x2x2x3x!q>) -> tensor<?x6x2x3x!q>
  %m = nn.max_pool2d %b {kernel = array<i64: 2, 3>} : (tensor<?x6x2x3x!q>) -> tensor<?x6x1x1x!q>
  return %m : tensor<?x6x1x1x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// cat copies its parts into place; pad fills with N2 of its value and copies the body.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.copy {{.*}}out_offset = 0 : i32
// CHECK: ukernel.copy {{.*}}out_offset = 2 : i32
// CHECK: ukernel.tensor %{{.*}} "cat" tensor<?x4x2x2x!{{.*}}> strides [16, 1, 8, 4]
// CHECK: ukernel.fill @qrt_fill_scalar {{.*}}count = 20 : i32, element_bytes = 1 : i32, value = 5 : i32
// CHECK: ukernel.copy {{.*}}out_offset = 4 : i32
// CHECK: ukernel.tensor %{{.*}} "pad" tensor<?x4x1x5x!{{.*}}> strides [20, 1, {{[0-9]+}}, 4]
func.func @main(%x: tensor<?x2x2x2x!q>) -> tensor<?x4x1x5x!q> {
  %c = nn.cat %x, %x {axis = 1 : i64, nn.name = "cat"} : (tensor<?x2x2x2x!q>, tensor<?x2x2x2x!q>) -> tensor<?x4x2x2x!q>
  %s = nn.slice %c {axes = array<i64: 2>, starts = array<i64: 1>, ends = array<i64: 2>, steps = array<i64: 1>} : (tensor<?x4x2x2x!q>) -> tensor<?x4x1x2x!q>
  %p = nn.pad %s {low = array<i64: 0, 0, 0, 1>, high = array<i64: 0, 0, 0, 2>, value = 1.0 : f32, nn.name = "pad"} : (tensor<?x4x1x2x!q>) -> tensor<?x4x1x5x!q>
  return %p : tensor<?x4x1x5x!q>
}

// -----

// A scalar op that keeps the codes is nothing.
!q = !quant.uniform<u8:f32, 0.5:3>
!twice = !quant.uniform<u8:f32, 1.0:3>
// CHECK-LABEL: @main_scalar
// CHECK: %[[X:.*]] = ukernel.input
// CHECK-NEXT: %[[Y:.*]] = ukernel.output
// CHECK-NEXT: ukernel.copy {{.*}}ins(%[[X]]) outs(%[[Y]])
// CHECK-NEXT: {{^}} }
func.func @main(%x: tensor<?x4x!q>) -> tensor<?x4x!twice> {
  %y = nn.mul_scalar %x {scalar = 2.0 : f32} : (tensor<?x4x!q>) -> tensor<?x4x!twice>
  return %y : tensor<?x4x!twice>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// Values that are parts or another order of memory are told as such, where they come to be.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.max_pool2d {{.*}} outs(%[[P:.*]]) params
// CHECK-NEXT: ukernel.tensor %[[P]] "pool" tensor<?x4x2x3x!{{.*}}> strides [24, 1, 12, 4] : <24 x i8>
// CHECK-NEXT: ukernel.tensor %[[P]] "half.0" tensor<?x2x2x3x!{{.*}}> strides [24, 1, 12, 4] : <24 x i8>
// CHECK-NEXT: ukernel.tensor %[[P]] "half.1" tensor<?x2x2x3x!{{.*}}> at 2 strides [24, 1, 12, 4] : <24 x i8>
// CHECK-NEXT: ukernel.tensor %[[P]] "row" tensor<?x2x1x2x!{{.*}}> at 14 strides [24, 1, {{[0-9]+}}, 8] : <24 x i8>
// CHECK-NEXT: ukernel.tensor %[[P]] "turned" tensor<?x2x3x2x!{{.*}}> strides [24, 12, 4, 1] : <24 x i8>
func.func @main(%x: tensor<?x4x2x3x!q>) -> (tensor<?x2x1x2x!q>, tensor<?x2x3x2x!q>) {
  %p = nn.max_pool2d %x {kernel = array<i64: 1, 1>, nn.name = "pool"} : (tensor<?x4x2x3x!q>) -> tensor<?x4x2x3x!q>
  %h:2 = nn.split %p {axis = 1 : i64, sizes = array<i64: 2, 2>, nn.name = "half"} : (tensor<?x4x2x3x!q>) -> (tensor<?x2x2x3x!q>, tensor<?x2x2x3x!q>)
  %s = nn.slice %h#1 {axes = array<i64: 2, 3>, starts = array<i64: 1, 0>, ends = array<i64: 2, 3>, steps = array<i64: 1, 2>, nn.name = "row"} : (tensor<?x2x2x3x!q>) -> tensor<?x2x1x2x!q>
  %t = nn.transpose %h#0 {perm = array<i64: 0, 2, 3, 1>, nn.name = "turned"} : (tensor<?x2x2x3x!q>) -> tensor<?x2x3x2x!q>
  return %s, %t : tensor<?x2x1x2x!q>, tensor<?x2x3x2x!q>
}
