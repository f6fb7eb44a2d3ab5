// Activations, binary and scalar ops, softmax.
// Each form of syntax, as text, bytecode and generic form.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s
// RUN: qopt %s --mlir-print-op-generic | qopt | FileCheck %s

// CHECK-LABEL: func.func @activations
// CHECK: nn.relu %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.relu6 %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.clip %{{.*}} {max = 2.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.leaky_relu %{{.*}} {alpha = 1.000000e-01 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.sigmoid %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.tanh %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.hard_sigmoid %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.hard_sigmoid %{{.*}} {alpha = 2.000000e-01 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.hard_swish %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.gelu %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.gelu %{{.*}} {approximate_tanh = true} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.silu %{{.*}} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
func.func @activations(%x: tensor<?x3x4x4xf32>) {
  %a0 = nn.relu %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a1 = nn.relu6 %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a2 = nn.clip %x {max = 2.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a3 = nn.leaky_relu %x {alpha = 1.000000e-01 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a4 = nn.sigmoid %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a5 = nn.tanh %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a6 = nn.hard_sigmoid %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a7 = nn.hard_sigmoid %x {alpha = 2.000000e-01 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a8 = nn.hard_swish %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a9 = nn.gelu %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a10 = nn.gelu %x {approximate_tanh = true} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a11 = nn.silu %x : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @open_clip
// CHECK: nn.clip %{{.*}} {max = 0x7FF0000000000000 : f64, min = -1.000000e+00 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
func.func @open_clip(%x: tensor<?x3x4x4xf32>) {
  %a0 = nn.clip %x {max = 0x7FF0000000000000 : f64, min = -1.000000e+00 : f64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @table
// CHECK: nn.sigmoid %{{.*}} {table = dense<1> : tensor<256xi8>} : (tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<1x4x!quant.uniform<u8:f32, 3.906250e-03>>
func.func @table(%x: tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  %a0 = nn.sigmoid %x {table = dense<1> : tensor<256xi8>} : (tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<1x4x!quant.uniform<u8:f32, 3.906250e-03>>
  return
}

// CHECK-LABEL: func.func @prelu
// CHECK: nn.prelu %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<1xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.prelu %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<3xf32>) -> tensor<?x3x4x4xf32>
func.func @prelu(%x: tensor<?x3x4x4xf32>, %one: tensor<1xf32>, %each: tensor<3xf32>) {
  %a0 = nn.prelu %x, %one : (tensor<?x3x4x4xf32>, tensor<1xf32>) -> tensor<?x3x4x4xf32>
  %a1 = nn.prelu %x, %each : (tensor<?x3x4x4xf32>, tensor<3xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @binary
// CHECK: nn.add %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.sub %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.mul %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.div %{{.*}}, %{{.*}} : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.add %{{.*}}, %{{.*}} act <relu> : (tensor<?x3x4x4xf32>, tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
func.func @binary(%x: tensor<?x3x4x4xf32>, %y: tensor<3x1x1xf32>) {
  %a0 = nn.add %x, %y : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
  %a1 = nn.sub %x, %y : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
  %a2 = nn.mul %x, %x : (tensor<?x3x4x4xf32>, tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a3 = nn.div %x, %y : (tensor<?x3x4x4xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x4xf32>
  %a4 = nn.add %x, %x act <relu> : (tensor<?x3x4x4xf32>, tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @scalar
// CHECK: nn.add_scalar %{{.*}} {scalar = 3.000000e+00 : f32} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
// CHECK: nn.mul_scalar %{{.*}} {scalar = 5.000000e-01 : f32} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
func.func @scalar(%x: tensor<?x3x4x4xf32>) {
  %a0 = nn.add_scalar %x {scalar = 3.000000e+00 : f32} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  %a1 = nn.mul_scalar %x {scalar = 5.000000e-01 : f32} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @softmax
// CHECK: nn.softmax %{{.*}} {axis = 1 : i64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
func.func @softmax(%x: tensor<?x3x4x4xf32>) {
  %a0 = nn.softmax %x {axis = 1 : i64} : (tensor<?x3x4x4xf32>) -> tensor<?x3x4x4xf32>
  return
}
