// Operands and result of cat share one observer (N9).
// RUN: qopt %s --split-input-file --qconfig-apply='config-text={"module_name_regex": {"narrow.*": {"activation": {"bits": 4}}}, "allow_unmatched": true}' --qopt-prepare-pipeline 2>/dev/null | FileCheck %s

// Through ops that move codes; the values behind a max pool and in front of it are one group.
// A value outside keeps its own.
// CHECK-LABEL: module attributes
// CHECK-NEXT: qopt.qparams @x
// CHECK-NEXT: qopt.qparams @cat
// CHECK-NEXT: qopt.qparams @c
// CHECK-NOT: qopt.qparams
// CHECK: qopt.observe %{{.*}} @x
// CHECK: %[[A:.*]] = nn.relu
// CHECK-NEXT: %[[AQ:.*]] = qopt.observe %[[A]] @cat
// CHECK-NEXT: %[[M:.*]] = nn.max_pool2d %[[AQ]]
// CHECK-NEXT: %[[B:.*]] = nn.relu6
// CHECK-NEXT: %[[BQ:.*]] = qopt.observe %[[B]] @cat
// CHECK-NEXT: %[[CAT:.*]] = nn.cat %[[M]], %[[BQ]]
// CHECK-NEXT: nn.silu %[[CAT]]
// CHECK-NEXT: qopt.observe %{{.*}} @c
func.func @main(%x: tensor<1x2x4x4xf32> {nn.name = "x"}) -> (tensor<1x4x4x4xf32> {nn.name = "c"}) {
  %a = nn.relu %x {nn.name = "a"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %m = nn.max_pool2d %a {kernel = array<i64: 1, 1>, nn.name = "m"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %b = nn.relu6 %x {nn.name = "b"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %cat = nn.cat %m, %b {axis = 1 : i64, nn.name = "cat"} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %c = nn.silu %cat {nn.name = "c"} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %c : tensor<1x4x4x4xf32>
}

// -----

// A cat of a cat is one group, and so are two cats with a common operand (DenseNet).
// CHECK-LABEL: module attributes
// CHECK-NEXT: qopt.qparams @outer
// CHECK-NEXT: qopt.qparams @r
// CHECK-NOT: qopt.qparams
// CHECK: qopt.observe %arg0 @outer
// CHECK-NEXT: qopt.observe %arg1 @outer
// CHECK-NEXT: qopt.observe %arg2 @outer
// CHECK-NOT: @outer
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}, %y: tensor<1x2xf32> {nn.name = "y"}, %z: tensor<1x2xf32> {nn.name = "z"}) -> (tensor<1x6xf32> {nn.name = "outer"}) {
  %inner = nn.cat %x, %y {axis = 1 : i64, nn.name = "inner"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %other = nn.cat %z, %x {axis = 1 : i64, nn.name = "other"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %part = nn.slice %other {axes = array<i64: 1>, starts = array<i64: 0>, ends = array<i64: 2>, steps = array<i64: 1>, nn.name = "part"} : (tensor<1x4xf32>) -> tensor<1x2xf32>
  %outer = nn.cat %inner, %part {axis = 1 : i64, nn.name = "outer"} : (tensor<1x4xf32>, tensor<1x2xf32>) -> tensor<1x6xf32>
  %r = nn.relu %outer {nn.name = "r"} : (tensor<1x6xf32>) -> tensor<1x6xf32>
  return %r : tensor<1x6xf32>
}

// -----

// What cannot share is requantized: fixed parameters, derived ones, other codes. Used twice,
// the second point is made once; other users read the first one.
// CHECK-LABEL: module attributes
// CHECK-DAG: qopt.qparams @s {{.*}}scales([3.906250e-03]) zero_points([0]) {fixed
// CHECK-DAG: qopt.qparams @cat
// CHECK-DAG: qopt.qparams @d {{.*}}derived_from = @x
// CHECK-DAG: qopt.qparams @narrow
// CHECK: %[[X:.*]] = qopt.observe %{{.*}} @x
// CHECK: %[[S:.*]] = qopt.observe %{{.*}} @s
// CHECK-NEXT: %[[S2:.*]] = qopt.observe %[[S]] @cat
// CHECK: %[[D:.*]] = qopt.observe %{{.*}} @d
// CHECK-NEXT: %[[D2:.*]] = qopt.observe %[[D]] @cat
// CHECK: %[[N:.*]] = qopt.observe %{{.*}} @narrow
// CHECK-NEXT: %[[N2:.*]] = qopt.observe %[[N]] @cat
// CHECK: %[[R:.*]] = qopt.observe %{{.*}} @cat
// CHECK: nn.cat %[[S2]], %[[R]], %[[D2]], %[[N2]], %[[S2]]
// CHECK: nn.relu %[[S]]
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x10xf32> {nn.name = "cat"}, tensor<1x2xf32> {nn.name = "t"}) {
  %s = nn.sigmoid %x {nn.name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %d = nn.mul_scalar %x {scalar = 2.0 : f32, nn.name = "d"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %n = nn.silu %x {nn.name = "narrow"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = nn.gelu %x {nn.name = "r"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %cat = nn.cat %s, %r, %d, %n, %s {axis = 1 : i64, nn.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x10xf32>
  %t = nn.relu %s {nn.name = "t"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %cat, %t : tensor<1x10xf32>, tensor<1x2xf32>
}

// -----

// Where all operands have the same fixed parameters, the group has them: nothing to requantize.
// CHECK-LABEL: module attributes
// CHECK: qopt.qparams @x
// CHECK: qopt.qparams @cat {{.*}}scales([3.906250e-03]) zero_points([0]) {fixed
// CHECK-NOT: qopt.qparams
// CHECK: qopt.observe %{{.*}} @x
// CHECK-COUNT-2: qopt.observe %{{.*}} @cat
// CHECK-NOT: qopt.observe
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x4xf32> {nn.name = "cat"}) {
  %s = nn.sigmoid %x {nn.name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %h = nn.hard_sigmoid %x {nn.name = "h"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %cat = nn.cat %s, %h {axis = 1 : i64, nn.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %cat : tensor<1x4xf32>
}

// -----

// A float operand and a constant get points; the float op beside reads what was there.
// CHECK-LABEL: module attributes
// CHECK: %[[SM:.*]] = nn.softmax
// CHECK: %[[SQ:.*]] = qopt.observe %[[SM]] @cat
// CHECK: nn.div %[[SM]]
// CHECK: nn.cat %{{.*}}, %[[SQ]], %{{.*}}
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x6xf32> {nn.name = "cat"}, tensor<1x2xf32> {nn.name = "q"}) {
  %k = nn.parameter "k" dense<1.0> : tensor<1x2xf32> -> tensor<1x2xf32>
  %r = nn.relu %x {nn.name = "r"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %s = nn.softmax %r {axis = 1 : i64, nn.name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %q = nn.div %s, %s {nn.name = "q"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %cat = nn.cat %r, %s, %k {axis = 1 : i64, nn.name = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x6xf32>
  return %cat, %q : tensor<1x6xf32>, tensor<1x2xf32>
}
