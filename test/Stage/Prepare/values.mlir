// Values with several users are observed once, split results carry their input's parameters,
// constants and bilinear resizes are observed, outputs are quantized; each op of the other rules.
// RUN: qopt %s --qconfig-apply --qopt-prepare-pipeline | FileCheck %s

// CHECK: qopt.qparams @x #[[A:[a-z0-9_]*]]
// CHECK-NEXT: qopt.qparams @r #[[A]]
// CHECK-NEXT: qopt.qparams @k #[[A]]
// CHECK-NEXT: qopt.qparams @s #[[A]]
// CHECK-NEXT: qopt.qparams @m #[[A]]
// CHECK-NEXT: qopt.qparams @mm #[[A]]
// CHECK-NEXT: qopt.qparams @bn #[[A]]
// CHECK-NEXT: qopt.qparams @main.1 #[[A]]
// CHECK-NOT: qopt.qparams
// CHECK: %[[X:.*]] = qopt.observe %arg0 @x
// CHECK: %[[K:.*]] = qopt.observe %{{.*}} @k
// CHECK: %[[R:.*]] = nn.relu %[[X]]
// CHECK: %[[RQ:.*]] = qopt.observe %[[R]] @r
// CHECK: %[[SPLIT:.*]]:2 = nn.split %[[RQ]]
// CHECK-NEXT: nn.add %[[SPLIT]]#0, %[[K]]
// CHECK: nn.mul %[[SPLIT]]#1, %[[RQ]]
// CHECK: nn.matmul %{{.*}}, %[[RQ]]
// CHECK: return %{{.*}}, %[[RQ]]
func.func @main(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32> {nn.name = "y"}, tensor<2x2xf32> {nn.name = "r"}) {
  %k = nn.parameter "k" dense<1.0> : tensor<1x2xf32> -> tensor<1x2xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %0 = nn.relu %x {nn.name = "r"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1:2 = nn.split %0 {axis = 0 : i64, sizes = array<i64: 1, 1>, nn.name = "split"} : (tensor<2x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>)
  %2 = nn.add %1#0, %k {nn.name = "s"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = nn.mul %1#1, %0 {nn.name = "m"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %4 = nn.matmul %3, %0 {nn.name = "mm"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %5 = nn.batch_norm %4, %one, %one, %one, %one {nn.name = "bn"} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %6 = nn.reduce_mean %5 {axes = array<i64: 0>, nn.name = "main"} : (tensor<2x2xf32>) -> tensor<1x2xf32>
  %7 = nn.unsqueeze %6 {axes = array<i64: 0>, nn.name = "u"} : (tensor<1x2xf32>) -> tensor<1x1x2xf32>
  return %5, %0 : tensor<2x2xf32>, tensor<2x2xf32>
}
