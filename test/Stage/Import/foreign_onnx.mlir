// onnx-mlir's ops are read in their generic form, under the names of their nodes.
// RUN: qopt %s --import-foreign --allow-unregistered-dialect | FileCheck %s

// CHECK: nn.conv2d %arg0, {{.*}}nn.layer = "features.0"{{.*}}padding = array<i64: 1, 1, 1, 1>
// CHECK: nn.relu
// CHECK: nn.flatten
// CHECK: nn.linear
func.func @main_graph(%x: tensor<1x2x4x4xf32>) -> tensor<1x3xf32> {
  %none = "onnx.NoValue"() {value} : () -> none
  %w = "onnx.Constant"() {value = dense<0.5> : tensor<2x2x3x3xf32>} : () -> tensor<2x2x3x3xf32>
  %fc = "onnx.Constant"() {value = dense<0.25> : tensor<3x32xf32>} : () -> tensor<3x32xf32>
  %0 = "onnx.Conv"(%x, %w, %none) {auto_pad = "NOTSET", dilations = [1, 1], group = 1 : si64, kernel_shape = [3, 3], onnx_node_name = "/features/features.0/Conv", pads = [1, 1, 1, 1], strides = [1, 1]} : (tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32>, none) -> tensor<1x2x4x4xf32>
  %1 = "onnx.Relu"(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = "onnx.Flatten"(%1) {axis = 1 : si64} : (tensor<1x2x4x4xf32>) -> tensor<1x32xf32>
  %3 = "onnx.Gemm"(%2, %fc, %none) {alpha = 1.0 : f32, beta = 1.0 : f32, transA = 0 : si64, transB = 1 : si64} : (tensor<1x32xf32>, tensor<3x32xf32>, none) -> tensor<1x3xf32>
  return %3 : tensor<1x3xf32>
}
