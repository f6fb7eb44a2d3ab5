// Float layers become f32 kernels; constants keep their data.
// RUN: qopt %s --lower-to-ukernel=isa=scalar --split-input-file | FileCheck %s

// CHECK-LABEL: @main_scalar
// CHECK: ukernel.copy {{.*}}element_bytes = 4 : i32
// CHECK: ukernel.f32_conv2d @qrt_f32_conv2d_scalar
// CHECK-SAME: act = 2 : i32, act_a = 0.000000e+00 : f32, act_b = 6.000000e+00 : f32, bias = dense<3.000000e+00> : tensor<2xf32>
// CHECK-SAME: weight = dense<2.000000e+00> : tensor<2x2x1x1xf32>
// CHECK: ukernel.f32_unary @qrt_f32_unary_scalar
// CHECK-SAME: channels = 2 : i32, count = 8 : i32, offset = dense<-1.000000e+00> : tensor<2xf32>, scale = dense<2.000000e+00> : tensor<2xf32>
// CHECK: ukernel.f32_softmax {{.*}}axis_size = 2 : i32, inner = 1 : i32, outer = 4 : i32
func.func @main(%x: tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32> {
  %w = nn.parameter "w" dense<2.0> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %b = nn.parameter "b" dense<3.0> : tensor<2xf32> -> tensor<2xf32>
  %c = nn.conv2d %x, %w, %b act <relu6> : (tensor<?x2x2x2xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<?x2x2x2xf32>
  %g = nn.parameter "g" dense<4.0> : tensor<2xf32> -> tensor<2xf32>
  %m = nn.parameter "m" dense<1.5> : tensor<2xf32> -> tensor<2xf32>
  %v = nn.parameter "v" dense<3.0> : tensor<2xf32> -> tensor<2xf32>
  %t = nn.parameter "t" dense<2.0> : tensor<2xf32> -> tensor<2xf32>
  %n = nn.batch_norm %c, %g, %t, %m, %v {eps = 1.0 : f64} : (tensor<?x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2x2xf32>
  %s = nn.softmax %n {axis = 1 : i64} : (tensor<?x2x2x2xf32>) -> tensor<?x2x2x2xf32>
  return %s : tensor<?x2x2x2xf32>
}

// -----

// A constant first operand becomes a buffer, a second one data of the call; a clamp follows.
// CHECK-LABEL: @main_scalar
// CHECK: %[[C:.*]] = ukernel.constant dense<1.000000e+00> : tensor<4xf32> : <4 x f32>
// CHECK: ukernel.f32_binary {{.*}}ins(%[[C]], %{{.*}}) outs(%[[A:.*]]) {{.*}}a_batch_stride = 0 : i32, {{.*}}op = 1 : i32
// CHECK: ukernel.f32_binary {{.*}}ins(%[[A]]) outs(%[[B:.*]]) {{.*}}b_batch_stride = 0 : i32, b_data = dense<1.000000e+00> : tensor<4xf32>, b_strides = array<i32: 0, 0, 0, 0, 0, 1>{{.*}}op = 3 : i32
// CHECK-NEXT: ukernel.f32_unary {{.*}}ins(%[[B]]) outs(%[[B]]) params {act = 1 : i32
func.func @main(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %c = nn.parameter "c" dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  %a = nn.sub %c, %x : (tensor<4xf32>, tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
  %b = nn.div %a, %c act <relu> : (tensor<?x3x4xf32>, tensor<4xf32>) -> tensor<?x3x4xf32>
  return %b : tensor<?x3x4xf32>
}
