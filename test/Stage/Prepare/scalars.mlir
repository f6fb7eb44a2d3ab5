// Scalar ops take their parameters from their input (N8).
// RUN: qopt %s --qconfig-apply --qopt-prepare-pipeline | FileCheck %s
// RUN: qopt %s --qconfig-apply='config-text={"module_name": {"m1": {"activation": {"bits": 4, "observer": "min_max"}}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=OWN
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"dtype": "s8", "scheme": "symmetric"}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=SYM
// RUN: qopt %s --qconfig-apply='config-text={"global": {"activation": {"bits": 16}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=WIDE
// RUN: qopt %s --qconfig-apply='config-text={"fixed_qparams": {"m1": {"scale": 1, "zero_point": 0}}}' --qopt-prepare-pipeline | FileCheck %s --check-prefix=FIXED

// Through the flatten, whose codes are the input's; from a derived result again.
// CHECK: qopt.qparams @x #[[A:[a-z0-9_]*]] {rule
// CHECK: qopt.qparams @m1 #[[A]] {derived_from = @x, rule
// CHECK: qopt.qparams @m2 #[[A]] {derived_from = @m1, rule
// CHECK: qopt.qparams @a #[[A]] {derived_from = @m2, rule
// CHECK: qopt.qparams @r #[[A]] {rule
// CHECK: %[[M1:.*]] = nn.mul_scalar
// CHECK: qopt.observe %[[M1]] @m1

// The codes are the input's, whatever the op's own configuration says; its observer is kept
// for the case that nothing can be derived.
// OWN: #[[O:.*]] = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// OWN: qopt.qparams @m1 #[[O]] {derived_from = @x, rule

// Symmetric: a zero point must not move.
// SYM: qopt.qparams @m1 #[[S:[a-z0-9_]*]] {derived_from = @x, rule
// SYM: qopt.qparams @m2 #[[S]] {rule
// SYM: qopt.qparams @a #[[S]] {rule

// WIDE: qopt.qparams @m1 #{{[a-z0-9_]*}} {rule

// FIXED: qopt.qparams @m1 #{{.*}} scales([1.000000e+00]) zero_points([0]) {fixed, rule = "fixed_qparams"}
// FIXED: qopt.qparams @m2 #{{[a-z0-9_]*}} {derived_from = @m1
func.func @main(%x: tensor<1x2x1x1xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "r"}) {
  %0 = nn.flatten %x {nn.name = "f"} : (tensor<1x2x1x1xf32>) -> tensor<1x2xf32>
  %1 = nn.mul_scalar %0 {scalar = 0.5 : f32, nn.name = "m1"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.mul_scalar %1 {scalar = -1.0 : f32, nn.name = "m2"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.add_scalar %2 {scalar = 3.0 : f32, nn.name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = nn.silu %3 {nn.name = "r"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}
