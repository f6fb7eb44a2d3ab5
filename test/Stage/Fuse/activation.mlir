// RUN: qopt %s --split-input-file --fuse-activation | FileCheck %s
// RUN: qopt %s --split-input-file --fuse-activation=activations=clamp | FileCheck %s --check-prefix=CLAMP
// RUN: qopt %s --split-input-file --fuse-activation=activations=none | FileCheck %s --check-prefix=NONE
// RUN: not qopt %s --split-input-file --fuse-activation=activations=some 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: error: option 'activations' of fuse-activation expects all, clamp or none, got 'some'

// The shared ReLU module is two ops here, each fused into its own producer.
// CHECK-LABEL: func @shared_relu
// CHECK: nn.conv2d %{{.*}} act <relu> {nn.fused = ["conv1", "relu"], nn.layer = "conv1", nn.name = "a"}
// CHECK: nn.conv2d %{{.*}} act <relu> {nn.fused = ["conv2", "relu"], nn.layer = "conv2", nn.name = "b"}
// CHECK-NOT: nn.relu
// CLAMP-LABEL: func @shared_relu
// CLAMP-NOT: nn.relu
// CLAMP: return
// NONE-LABEL: func @shared_relu
// NONE-COUNT-2: nn.relu
func.func @shared_relu(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c", nn.layer = "conv1"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.relu %0 {nn.name = "a", nn.layer = "relu"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %2 = nn.conv2d %1, %w {nn.name = "d", nn.layer = "conv2"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %3 = nn.relu %2 {nn.name = "b", nn.layer = "relu"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %3 : tensor<1x1x2x2xf32>
}

// -----

// Another user of the convolution sees the value before the activation.
// CHECK-LABEL: func @two_users
// CHECK: nn.conv2d %arg0, %0 {nn.name = "c"}
// CHECK: nn.relu
func.func @two_users(%x: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.relu %0 {nn.name = "a"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %0, %1 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// Every activation with its parameters; prelu with one slope is a leaky_relu.
// CHECK-LABEL: func @kinds
// CHECK: nn.linear {{.*}} act <relu6> {
// CHECK: nn.linear {{.*}} act <clip, -1.000000e+00, 2.000000e+00> {
// CHECK: nn.linear {{.*}} act <leaky_relu, 1.000000e-01> {
// CHECK: nn.linear {{.*}} act <leaky_relu, 2.500000e-01> {
// CHECK: nn.linear {{.*}} act <sigmoid> {
// CHECK: nn.linear {{.*}} act <tanh> {
// CHECK: nn.linear {{.*}} act <hard_sigmoid, 2.000000e-01, 5.000000e-01> {
// CHECK: nn.linear {{.*}} act <hard_swish> {
// CHECK: nn.linear {{.*}} act <gelu_tanh> {
// CHECK: nn.linear {{.*}} act <silu> {
// CHECK: nn.linear {{.*}} {nn.name = "l11"}
// CHECK: nn.prelu
// CLAMP-LABEL: func @kinds
// CLAMP: act <relu6>
// CLAMP: act <clip
// CLAMP-NOT: act <leaky_relu
// CLAMP: nn.leaky_relu
func.func @kinds(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %one = nn.parameter "one" dense<0.25> : tensor<1xf32> -> tensor<1xf32>
  %two = nn.parameter "two" dense<[0.25, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %1 = nn.linear %x, %w {nn.name = "l1"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a1 = nn.relu6 %1 {nn.name = "a1"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.linear %a1, %w {nn.name = "l2"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a2 = nn.clip %2 {min = -1.0, max = 2.0, nn.name = "a2"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.linear %a2, %w {nn.name = "l3"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a3 = nn.leaky_relu %3 {alpha = 0.1, nn.name = "a3"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = nn.linear %a3, %w {nn.name = "l4"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a4 = nn.prelu %4, %one {nn.name = "a4"} : (tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x2xf32>
  %5 = nn.linear %a4, %w {nn.name = "l5"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a5 = nn.sigmoid %5 {nn.name = "a5"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %6 = nn.linear %a5, %w {nn.name = "l6"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a6 = nn.tanh %6 {nn.name = "a6"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %7 = nn.linear %a6, %w {nn.name = "l7"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a7 = nn.hard_sigmoid %7 {alpha = 0.2, nn.name = "a7"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %8 = nn.linear %a7, %w {nn.name = "l8"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a8 = nn.hard_swish %8 {nn.name = "a8"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %9 = nn.linear %a8, %w {nn.name = "l9"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a9 = nn.gelu %9 {approximate_tanh = true, nn.name = "a9"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %10 = nn.linear %a9, %w {nn.name = "l10"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a10 = nn.silu %10 {nn.name = "a10"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %11 = nn.linear %a10, %w {nn.name = "l11"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %a11 = nn.prelu %11, %two {nn.name = "a11"} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %a11 : tensor<1x2xf32>
}

// -----

// Clamps join add, sub and mul; div is float; other functions stay; a second activation stays.
// CHECK-LABEL: func @binary
// CHECK: nn.add %{{.*}} act <relu> {nn.fused = ["s1", "r1"], nn.name = "r1"}
// CHECK: nn.sub %{{.*}} act <relu6>
// CHECK: nn.mul %{{.*}} act <clip,
// CHECK: nn.relu
// CHECK: nn.div %{{.*}} {nn.name = "s4"}
// CHECK: nn.relu
// CHECK: nn.add %{{.*}} {nn.name = "s5"}
// CHECK: nn.sigmoid
func.func @binary(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.add %x, %y {nn.name = "s1"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = nn.relu %0 {nn.name = "r1"} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = nn.sub %1, %y {nn.name = "s2"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = nn.relu6 %2 {nn.name = "r2"} : (tensor<4xf32>) -> tensor<4xf32>
  %4 = nn.mul %3, %y {nn.name = "s3"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = nn.clip %4 {min = -1.0, max = 1.0, nn.name = "r3"} : (tensor<4xf32>) -> tensor<4xf32>
  %6 = nn.relu %5 {nn.name = "r3b"} : (tensor<4xf32>) -> tensor<4xf32>
  %7 = nn.div %6, %y {nn.name = "s4"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %8 = nn.relu %7 {nn.name = "r4"} : (tensor<4xf32>) -> tensor<4xf32>
  %9 = nn.add %8, %y {nn.name = "s5"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %10 = nn.sigmoid %9 {nn.name = "r5"} : (tensor<4xf32>) -> tensor<4xf32>
  return %10 : tensor<4xf32>
}

// -----

// Behind a residual only clamps fuse.
// CHECK-LABEL: func @residual
// CHECK: nn.linear %{{.*}} residual(%{{.*}}) act <relu>
// CHECK: nn.linear %{{.*}} residual(%{{.*}}) {nn.name = "l2"}
// CHECK: nn.sigmoid
func.func @residual(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %1 = nn.linear %x, %w residual(%x) {nn.name = "l1"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = nn.relu %1 {nn.name = "a1"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.linear %2, %w residual(%x) {nn.name = "l2"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = nn.sigmoid %3 {nn.name = "a2"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}
