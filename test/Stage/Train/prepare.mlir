// From an imported network to one that trains: by the rules of prepare, with fake_quant for observe
// and folds that stay to be computed.
// RUN: qopt %s --qopt-fuse-pipeline=train=true | FileCheck %s --check-prefix=FUSED
// RUN: echo '{"global": {"weight": {"dtype": "s4", "learned": "scale"}, "activation": {"learned": "scale_and_zero_point", "grad_scale": "torch", "observer": "min_max"}}, "fixed_qparams": {"x": {"dtype": "u8", "scale": 0.5, "zero_point": 0}}}' > %t.json
// RUN: qopt %s --qopt-fuse-pipeline=train=true --qopt-qconfig-pipeline=config=%t.json --qopt-prepare-qat-pipeline | FileCheck %s
// RUN: qopt %s --qopt-fuse-pipeline=train=true --qopt-qconfig-pipeline=config=%t.json --qopt-prepare-qat-pipeline | qopt --emit-bytecode | qopt --prepare-verify-exit | FileCheck %s
// RUN: qopt %s --qopt-fuse-pipeline --qopt-qconfig-pipeline=config=%t.json --qopt-prepare-pipeline | FileCheck %s --check-prefix=PTQ

// FUSED: %[[W:.*]], %[[B:.*]] = qopt.fold_batch_norm %{{.*}} norm({{.*}}) update {eps = 1.000000e-03 : f64}
// FUSED: nn.conv2d %{{.*}}, %[[W]], %[[B]] act <relu> {{.*}}nn.fused = ["conv", "bn", "relu"], nn.layer = "conv", nn.name = "relu"
// FUSED: qopt.fold_batch_norm %{{.*}} bias(%{{.*}}) norm({{.*}}) update {{.*}}groups = 2
// FUSED-NOT: nn.batch_norm

// CHECK: qopt.qparams @x {{.*}}scales([5.000000e-01]) zero_points([0]) {fixed
// CHECK-NOT: learned
// CHECK: qopt.qparams @relu {{.*}}learned = #qopt.learned<scale, zero_point, torch>
// CHECK: qopt.qparams @conv.weight {{.*}}axis = 0 : i64, learned = #qopt.learned<scale>
// CHECK: qopt.qparams @up.weight {{.*}}axis = 1 : i64, learned = #qopt.learned<scale>
// CHECK-LABEL: @main
// CHECK: qopt.fake_quant %arg0 @x
// CHECK: %[[W:.*]], %[[B:.*]] = qopt.fold_batch_norm
// CHECK: %[[Q:.*]] = qopt.fake_quant %[[W]] @conv.weight
// CHECK: nn.conv2d %{{.*}}, %[[Q]], %[[B]] act <relu>
// CHECK-NOT: qopt.observe
// PTQ-NOT: qopt.fake_quant
// PTQ-NOT: learned = #qopt.learned<{{.*}}, observer
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "imported", qopt.version = 1 : i64} {
  func.func @main(%x: tensor<?x2x4x4xf32> {nn.name = "x"}) -> (tensor<?x4x8x8xf32> {nn.name = "y"}) {
    %w = nn.parameter "conv.weight" dense<0.5> : tensor<4x2x1x1xf32> -> tensor<4x2x1x1xf32>
    %u = nn.parameter "up.weight" dense<0.25> : tensor<4x2x2x2xf32> -> tensor<4x2x2x2xf32>
    %ub = nn.parameter "up.bias" dense<0.1> : tensor<4xf32> -> tensor<4xf32>
    %0 = nn.conv2d %x, %w {nn.layer = "conv", nn.name = "c"} : (tensor<?x2x4x4xf32>, tensor<4x2x1x1xf32>) -> tensor<?x4x4x4xf32>
    %g = nn.parameter "bn.weight" dense<[1.0, -2.0, 0.5, 1.5]> : tensor<4xf32> -> tensor<4xf32>
    %b = nn.parameter "bn.bias" dense<[0.0, 0.5, 1.0, -1.0]> : tensor<4xf32> -> tensor<4xf32>
    %m = nn.parameter "bn.running_mean" dense<0.1> : tensor<4xf32> -> tensor<4xf32>
    %v = nn.parameter "bn.running_var" dense<[0.5, 1.0, 2.0, 4.0]> : tensor<4xf32> -> tensor<4xf32>
    %1 = nn.batch_norm %0, %g, %b, %m, %v {eps = 1.0e-3, nn.layer = "bn", nn.name = "b"} : (tensor<?x4x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x4x4xf32>
    %2 = nn.relu %1 {nn.layer = "relu", nn.name = "relu"} : (tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
    %3 = nn.conv_transpose2d %2, %u, %ub {stride = array<i64: 2, 2>, groups = 2 : i64, nn.layer = "up", nn.name = "u"} : (tensor<?x4x4x4xf32>, tensor<4x2x2x2xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
    %4 = nn.batch_norm %3, %g, %b, %m, %v {nn.layer = "bn2", nn.name = "y"} : (tensor<?x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
    return %4 : tensor<?x4x8x8xf32>
  }
}
