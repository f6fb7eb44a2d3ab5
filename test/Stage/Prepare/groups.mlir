// The one point inside a fused group.
// RUN: qopt %s --qconfig-apply --qopt-prepare-pipeline | FileCheck %s
// RUN: qopt %s --qconfig-apply='config-text={"global": {"residual": "accumulator"}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=ACC

// A clamp needs none, a residual and a table do.
// CHECK: nn.linear {{.*}} act <relu> {nn.name = "clamp"
// CHECK: nn.linear {{.*}} residual(%{{.*}}) mid(@res.mid) {nn.name = "res"
// CHECK: nn.linear {{.*}} residual(%{{.*}}) act <relu6> mid(@both.mid) {nn.name = "both"
// CHECK: nn.linear {{.*}} act <tanh> mid(@table.mid) {nn.name = "table"

// ACC: nn.linear {{.*}} residual(%{{[0-9]*}}) {nn.name = "res"
// ACC: nn.linear {{.*}} residual(%{{[0-9]*}}) act <relu6> {nn.name = "both"
// ACC: nn.linear {{.*}} act <tanh> mid(@table.mid) {nn.name = "table"
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "table"}) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.linear %x, %w act <relu> {nn.name = "clamp"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = nn.linear %0, %w residual(%x) {nn.name = "res"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.linear %1, %w residual(%0) act <relu6> {nn.name = "both"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.linear %2, %w act <tanh> {nn.name = "table"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}
