// What stays float, why, and what stands at its borders.
// RUN: qopt %s --split-input-file --qconfig-apply='config-text={"module_name": {"off": null}, "allow_unmatched": true}' --qopt-prepare-pipeline 2>/dev/null | FileCheck %s

// Movement of a float value stays float; the point stands before the next op on codes.
// CHECK-LABEL: module attributes
// CHECK: nn.linear {{.*}}qopt.float_reason = "config: null for module_name 'off'"
// CHECK: %[[R:.*]] = nn.reshape {{.*}}qopt.float_reason = "its input 'off' is float"
// CHECK: %[[T:.*]] = nn.transpose %[[R]] {{.*}}qopt.float_reason = "its input 'moved' is float"
// CHECK: %[[Q:.*]] = qopt.observe %[[T]] @moved2
// CHECK: nn.relu %[[Q]]
// CHECK: nn.softmax %[[T]]
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32> {nn.name = "y"}, tensor<2x2xf32> {nn.name = "s"}) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.linear %x, %w {nn.name = "off"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.reshape %0 {shape = array<i64: 2, 2>, nn.name = "moved"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.transpose %1 {perm = array<i64: 1, 0>, nn.name = "moved2"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = nn.relu %2 {nn.name = "y"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %4 = nn.softmax %2 {axis = 1 : i64, nn.name = "s"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %3, %4 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// An input that is moved on codes, to an op on codes; one that no op on codes reads.
// CHECK-LABEL: module attributes
// CHECK: qopt.qparams @x
// CHECK-NOT: qopt.qparams @z
// CHECK: %[[X:.*]] = qopt.observe %arg0 @x
// CHECK: nn.reshape %[[X]]
// CHECK: nn.reshape %arg1 {{.*}}qopt.float_reason = "moves an input that no op on codes reads"
// CHECK: nn.transpose {{.*}}qopt.float_reason = "moves an input that no op on codes reads"
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}, %z: tensor<2x2xf32> {nn.name = "z"}) -> (tensor<2x2xf32> {nn.name = "y"}, tensor<2x2xf32> {nn.name = "s"}) {
  %0 = nn.reshape %x {shape = array<i64: 2, 2>, nn.name = "a"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.relu %0 {nn.name = "y"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = nn.reshape %z {shape = array<i64: 2, 2>, nn.name = "b"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = nn.transpose %2 {perm = array<i64: 1, 0>, nn.name = "c"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %4 = nn.softmax %3 {axis = 1 : i64, nn.name = "s"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1, %4 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// Computed weights and parameters, a pad with infinity, a cat of float values.
// CHECK-LABEL: module attributes
// CHECK: nn.linear {{.*}}qopt.float_reason = "its weight 'z' is computed, not a constant"
// CHECK: nn.prelu {{.*}}qopt.float_reason = "its parameter 'z1' is computed, not a constant"
// CHECK: nn.cat {{.*}}qopt.float_reason = "its inputs are float"
// CHECK: nn.pad {{.*}}qopt.float_reason = "pads with a value that is not finite"
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}, %z: tensor<2x2xf32> {nn.name = "z"}, %z1: tensor<1xf32> {nn.name = "z1"}) -> (tensor<4x2xf32> {nn.name = "y"}, tensor<3x2xf32> {nn.name = "s"}) {
  %0 = nn.linear %x, %z {nn.name = "a"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = nn.prelu %x, %z1 {nn.name = "b"} : (tensor<2x2xf32>, tensor<1xf32>) -> tensor<2x2xf32>
  %2 = nn.cat %0, %1 {axis = 0 : i64, nn.name = "y"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %3 = nn.relu %x {nn.name = "r"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %4 = nn.pad %3 {low = array<i64: 1, 0>, high = array<i64: 0, 0>, value = 0xFF800000 : f32, nn.name = "s"} : (tensor<2x2xf32>) -> tensor<3x2xf32>
  return %2, %4 : tensor<4x2xf32>, tensor<3x2xf32>
}
