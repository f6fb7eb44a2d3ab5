// Each observer's range is that of hand-computed values; the weight's comes from its constant.
// REQUIRES: numpy
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.array([[1, -2], [3, 0.5], [-1, 4]], 'f4')"
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz" | FileCheck %s
// RUN: qopt %s --calibrate-run="data=%t.npz batch=1" --mlir-print-op-generic -o %t.1.mlir
// RUN: qopt %s --calibrate-run="data=%t.npz batch=2" --mlir-print-op-generic -o %t.2.mlir
// RUN: cmp %t.1.mlir %t.2.mlir

// CHECK: module attributes {{.*}}qopt.stage = "calibrated"
// x in [-2, 4]: s = 6 / 255, z = rne(2 / s) = 85.
// CHECK: qopt.qparams @x {{.*}} scales([0.0235294122]) zero_points([85]) {qopt.observed = {count = 6 : i64, max = 4.000000e+00 : f64, min = -2.000000e+00 : f64}, state = dense_resource<x.state>
// Weight [[1, 2], [-1, 0.5]], symmetric, per channel: 2 / 127, 1 / 127.
// CHECK: qopt.qparams @w {{.*}} scales([0.0157480314, 0.00787401571]) zero_points([0, 0]) {axis = 0 : i64, qopt.observed = {count = 4 : i64, max = 2.000000e+00 : f64, min = -1.000000e+00 : f64}}
// mid = x w^T + b: rows (-2.75, -2.25), (4.25, -3), (7.25, 2.75); symmetric s8: 7.25 / 127.
// CHECK: qopt.qparams @mid {{.*}} scales([0.057086613]) zero_points([0])
// + x, relu: rows (0, 0), (7.25, 0), (6.25, 6.75): [0, 7.25].
// CHECK: qopt.qparams @y {{.*}} scales([0.028431{{[0-9]+}}]) zero_points([0])
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#w8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
module attributes {qopt.stage = "prepared"} {
  qopt.qparams @x #u8
  qopt.qparams @w #w8 {axis = 0 : i64}
  qopt.qparams @mid #s8
  qopt.qparams @y #u8
  func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
    %xq = qopt.observe %x @x : tensor<?x2xf32>
    %w = nn.parameter "w" dense<[[1.0, 2.0], [-1.0, 0.5]]> : tensor<2x2xf32> -> tensor<2x2xf32>
    %wq = qopt.observe %w @w : tensor<2x2xf32>
    %b = nn.parameter "b" dense<[0.25, -0.25]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.linear %xq, %wq, %b residual(%xq) act <relu> mid(@mid) {nn.name = "y", qopt.qconfig = #qopt.qconfig<activation = #u8, weight = #w8, rule = "global">} : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    %yq = qopt.observe %y @y : tensor<?x2xf32>
    return %yq : tensor<?x2xf32>
  }
}
