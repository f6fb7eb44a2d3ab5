// RUN: qopt %s --split-input-file --qconfig-apply='config-text={"module_name": {"four": {"weight": {"dtype": "s4"}}, "tensor": {"weight": {"granularity": "per_tensor"}}}, "allow_unmatched": true}' --qopt-prepare-pipeline 2>/dev/null | FileCheck %s

// Per channel along the rule's axis: 0, for transposed convolutions 1; biases have no point.
// CHECK-LABEL: module attributes
// CHECK-DAG: qopt.qparams @wc #{{.*}} {axis = 0 : i64
// CHECK-DAG: qopt.qparams @wt #{{.*}} {axis = 1 : i64
// CHECK-DAG: qopt.qparams @wl #{{.*}} {axis = 0 : i64
// CHECK-DAG: qopt.qparams @wp #{{[a-z0-9_]*}} {rule
// CHECK-NOT: observe %{{.*}} @b
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> (tensor<1x1x2x2xf32> {nn.name = "y"}) {
  %wc = nn.parameter "wc" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %wt = nn.parameter "wt" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %wl = nn.parameter "wl" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %wp = nn.parameter "wp" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = nn.parameter "b" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %wc, %b {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.conv_transpose2d %0, %wt {nn.name = "t"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.linear %1, %wl {nn.name = "l"} : (tensor<1x1x2x2xf32>, tensor<2x2xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.linear %2, %wp {nn.name = "tensor"} : (tensor<1x1x2x2xf32>, tensor<2x2xf32>) -> tensor<1x1x2x2xf32>
  return %3 : tensor<1x1x2x2xf32>
}

// -----

// A shared weight is observed once; a user with another qconfig gets a copy of it; a float
// user reads the weight itself.
// CHECK-LABEL: module attributes
// CHECK: %[[W:.*]] = nn.parameter "w"
// CHECK: %[[COPY:.*]] = nn.parameter "w.1"
// CHECK: %[[CQ:.*]] = qopt.observe %[[COPY]] @w.1
// CHECK: %[[WQ:.*]] = qopt.observe %[[W]] @w :
// CHECK: nn.linear %{{.*}}, %[[WQ]] {nn.name = "a"
// CHECK: nn.linear %{{.*}}, %[[CQ]] {nn.name = "four"
// CHECK: nn.linear %{{.*}}, %[[WQ]] {nn.name = "b"
// CHECK: nn.softmax %[[W]]
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32> {nn.name = "b"}, tensor<2x2xf32> {nn.name = "s"}) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.linear %x, %w {nn.name = "a"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.linear %0, %w {nn.name = "four"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.linear %1, %w {nn.name = "b"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = nn.softmax %w {axis = 0 : i64, nn.name = "s"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// One constant as an activation here and as a weight there: a point for each, under two names.
// CHECK-LABEL: module attributes
// CHECK-DAG: qopt.qparams @w #spec_u8
// CHECK-DAG: qopt.qparams @w.1 #spec_s8
// CHECK: %[[W:.*]] = nn.parameter "w" dense
// CHECK: %[[AQ:.*]] = qopt.observe %{{.*}} @w :
// CHECK: nn.linear %{{.*}}, %{{.*}} {nn.name = "a"
// CHECK: nn.add %{{.*}}, %[[AQ]]
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.linear %x, %w {nn.name = "a"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.add %0, %w {nn.name = "y"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
