// RUN: qopt %s --pass-pipeline='builtin.module(lower-to-ukernel{isa=scalar},ukernel.program(lower-plan-memory))' --split-input-file | FileCheck %s
// RUN: qopt %s --pass-pipeline='builtin.module(lower-to-ukernel{isa=scalar},ukernel.program(lower-plan-memory{in-place=false}))' --split-input-file | FileCheck %s --check-prefix=APART

!q = !quant.uniform<u8:f32, 0.5:3>

// 96 bytes take 128 of the arena. The first table works in place; %a lives on until the sum.
// CHECK: attributes {arena_bytes = 384 : i64}
// CHECK: %[[Q:.*]] = ukernel.alloc at 0 : <96 x i8>
// CHECK: ukernel.quantize {{.*}}outs(%[[Q]])
// CHECK: %[[A:.*]] = ukernel.alloc at 0 : <96 x i8>
// CHECK: ukernel.table {{.*}}ins(%[[Q]]) outs(%[[A]])
// CHECK: %[[B:.*]] = ukernel.alloc at 128 : <96 x i8>
// CHECK: ukernel.table {{.*}}ins(%[[A]]) outs(%[[B]])
// CHECK: %[[C:.*]] = ukernel.alloc at 256 : <96 x i8>
// CHECK: ukernel.binary {{.*}}ins(%[[A]], %[[B]]) outs(%[[C]])
func.func @main(%x: tensor<?x96xf32>) -> tensor<?x96xf32> {
  %q = qopt.quantize %x : tensor<?x96xf32> -> tensor<?x96x!q>
  %a = nn.relu %q {table = dense<1> : tensor<256xi8>} : (tensor<?x96x!q>) -> tensor<?x96x!q>
  %b = nn.relu %a {table = dense<2> : tensor<256xi8>} : (tensor<?x96x!q>) -> tensor<?x96x!q>
  %c = nn.add %a, %b : (tensor<?x96x!q>, tensor<?x96x!q>) -> tensor<?x96x!q>
  %d = qopt.dequantize %c : tensor<?x96x!q> -> tensor<?x96xf32>
  return %d : tensor<?x96xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// CHECK: attributes {arena_bytes = 128 : i64}
// APART: attributes {arena_bytes = 384 : i64}
// APART: attributes {arena_bytes = 256 : i64}
func.func @main(%x: tensor<?x96xf32>) -> tensor<?x96xf32> {
  %q = qopt.quantize %x : tensor<?x96xf32> -> tensor<?x96x!q>
  %a = nn.relu %q {table = dense<1> : tensor<256xi8>} : (tensor<?x96x!q>) -> tensor<?x96x!q>
  %d = qopt.dequantize %a : tensor<?x96x!q> -> tensor<?x96xf32>
  return %d : tensor<?x96xf32>
}
