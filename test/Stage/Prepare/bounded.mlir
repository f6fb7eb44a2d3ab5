// Results that the function bounds have parameters of their own from the start.
// RUN: qopt %s --qconfig-apply --qopt-prepare-pipeline | FileCheck %s
// RUN: qopt %s --qconfig-apply=target=arm --qopt-prepare-pipeline | FileCheck %s --check-prefix=S8
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"dtype": "s8", "scheme": "symmetric"}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=SYM
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"bits": 4}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=U4
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"quant_max": 127}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=U7

// CHECK: qopt.qparams @s #{{.*}} scales([3.906250e-03]) zero_points([0]) {fixed, rule
// CHECK: qopt.qparams @t #{{.*}} scales([7.812500e-03]) zero_points([128]) {fixed, rule
// CHECK: qopt.qparams @h #{{.*}} scales([3.906250e-03]) zero_points([0]) {fixed, rule
// CHECK: qopt.qparams @fs #{{.*}} scales([3.906250e-03]) zero_points([0]) {fixed, rule
// CHECK: qopt.qparams @fw #{{[a-z0-9_]*}} {rule
// CHECK: qopt.qparams @fs.mid #{{[a-z0-9_]*}} {rule
// CHECK: qopt.qparams @fw.mid #{{[a-z0-9_]*}} {rule

// S8: qopt.qparams @s #{{.*}} scales([3.906250e-03]) zero_points([-128]) {fixed
// S8: qopt.qparams @t #{{.*}} scales([7.812500e-03]) zero_points([0]) {fixed

// SYM: qopt.qparams @s #{{.*}} scales([7.812500e-03]) zero_points([0]) {fixed
// SYM: qopt.qparams @t #{{.*}} scales([7.812500e-03]) zero_points([0]) {fixed

// U4: qopt.qparams @s #{{.*}} scales([6.250000e-02]) zero_points([0]) {fixed
// U4: qopt.qparams @t #{{.*}} scales([1.250000e-01]) zero_points([8]) {fixed

// U7: qopt.qparams @s #{{.*}} scales([7.812500e-03]) zero_points([0]) {fixed
// U7: qopt.qparams @t #{{.*}} scales([1.562500e-02]) zero_points([64]) {fixed
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "fw"}) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = nn.sigmoid %x {nn.name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %t = nn.tanh %s {nn.name = "t"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %h = nn.hard_sigmoid %t {nn.name = "h"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %fs = nn.linear %h, %w act <sigmoid> {nn.name = "fs"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %fw = nn.linear %fs, %w act <hard_swish> {nn.name = "fw"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %fw : tensor<1x2xf32>
}
