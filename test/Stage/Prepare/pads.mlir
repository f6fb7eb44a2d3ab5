// A pad's value belongs to the range of its input's observer (N9).
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"bins": 64}}, "fixed_qparams": {"f": {"scale": 1, "zero_point": 0}}}' --qopt-prepare-pipeline | FileCheck %s

// CHECK-DAG: #[[BOTH:.*]] = #qopt.spec<{{.*}}, options = {bins = 64 : i64, include = 3.000000e+00 : f64, include_low = -1.000000e+00 : f64}>
// CHECK-DAG: #[[FIXED:.*]] = #qopt.spec<{{.*}}observer = "fixed">
// CHECK-DAG: #[[NONE:.*]] = #qopt.spec<{{.*}}, options = {bins = 64 : i64}>
// CHECK: qopt.qparams @f #[[FIXED]]
// CHECK: qopt.qparams @x #[[BOTH]]
// CHECK: qopt.qparams @r #[[NONE]]
// CHECK: %[[X:.*]] = qopt.observe
// CHECK: %[[A:.*]] = nn.pad %[[X]]
// CHECK-NEXT: %[[B:.*]] = nn.pad %[[A]]
// CHECK-NEXT: %[[C:.*]] = nn.pad %[[B]]
// CHECK-NEXT: nn.relu %[[C]]
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> (tensor<6xf32> {nn.name = "p"}) {
  %0 = nn.pad %x {low = array<i64: 1>, high = array<i64: 0>, value = 2.0 : f32, nn.name = "a"} : (tensor<2xf32>) -> tensor<3xf32>
  %1 = nn.pad %0 {low = array<i64: 1>, high = array<i64: 0>, value = 3.0 : f32, nn.name = "b"} : (tensor<3xf32>) -> tensor<4xf32>
  %2 = nn.pad %1 {low = array<i64: 1>, high = array<i64: 0>, value = -1.0 : f32, nn.name = "c"} : (tensor<4xf32>) -> tensor<5xf32>
  %3 = nn.relu %2 {nn.name = "r"} : (tensor<5xf32>) -> tensor<5xf32>
  %4 = nn.silu %3 {nn.name = "f"} : (tensor<5xf32>) -> tensor<5xf32>
  %5 = nn.pad %4 {low = array<i64: 1>, high = array<i64: 0>, value = 9.0 : f32, nn.name = "p"} : (tensor<5xf32>) -> tensor<6xf32>
  return %5 : tensor<6xf32>
}
