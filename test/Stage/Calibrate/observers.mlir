// Every kind of observer, the options that act on its result, and parameters that are given.
// REQUIRES: numpy
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.concatenate([np.linspace(-1, 1, 2000), [50, -1]]).reshape(-1, 2).astype('f4')"
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz batch=77" | FileCheck %s

// CHECK: qopt.qparams @min_max {{.*}} scales([2.000000e-01]) zero_points([5])
// The outlier 50 is cut off or shortened by the searches.
// CHECK: qopt.qparams @percentile {{.*}} scales([{{(7\.8|0\.0078).*}}]) zero_points([{{12[78]}}])
// CHECK: qopt.qparams @mse {{.*}} scales([{{.*}}]) zero_points([{{[0-9]+}}])
// CHECK: qopt.qparams @entropy {{.*}} scales([{{.*}}]) zero_points([{{[0-9]+}}])
// CHECK: qopt.qparams @histogram {{.*}} scales([{{.*}}]) zero_points([{{[0-9]+}}])
// The moving average of 77-sample batches has seen the outlier in its last step only.
// CHECK: qopt.qparams @average {{.*}} scales([{{(0\.0[0-9]+|[0-9.]+e-02)}}])
// Options: a pad value belongs to the range; eps is a lower bound of the scale.
// CHECK: qopt.qparams @include {{.*}} scales([5.{{0*}}e-01]) zero_points([155])
// CHECK: qopt.qparams @eps {{.*}} scales([2.500000e-01])
// Given parameters stay, or come from the options.
// CHECK: qopt.qparams @fixed {{.*}} scales([3.906250e-03]) zero_points([7]) {fixed}
// CHECK: qopt.qparams @option {{.*}} scales([1.250000e-01]) zero_points([3])
// CHECK: qopt.qparams @disabled {{.*}} scales([5.000000e-01]) zero_points([1]) {observer_enabled = false}
// A constant 0 has scale 1; four bits.
// CHECK: qopt.qparams @zero {{.*}} scales([1.000000e+00]) zero_points([0])
// CHECK: qopt.qparams @four {{.*}} scales([3.33333325]) zero_points([0])
#mm = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#per = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "percentile", options = {percentile = 99.9 : f64}>
#mse = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "mse">
#ent = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "entropy">
#his = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram", options = {bins = 512 : i64}>
#ave = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "moving_average_min_max", options = {averaging_constant = 0.05 : f64}>
#inc = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max", options = {include = -77.5 : f64}>
#eps = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max", options = {eps = 0.25 : f64}>
#fix = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "fixed">
#opt = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "fixed", options = {scale = 0.125 : f64, zero_point = 3 : i64}>
#u4 = #qopt.spec<bits = 4, is_signed = false, qmin = 0, qmax = 15, scheme = affine, granularity = per_tensor, observer = "min_max">
module attributes {qopt.stage = "prepared"} {
  qopt.qparams @min_max #mm
  qopt.qparams @percentile #per
  qopt.qparams @mse #mse
  qopt.qparams @entropy #ent
  qopt.qparams @histogram #his
  qopt.qparams @average #ave
  qopt.qparams @include #inc
  qopt.qparams @eps #eps
  qopt.qparams @fixed #fix scales([0.00390625]) zero_points([7]) {fixed}
  qopt.qparams @option #opt
  qopt.qparams @disabled #mm scales([0.5]) zero_points([1]) {observer_enabled = false}
  qopt.qparams @zero #mm
  qopt.qparams @four #u4
  func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
    %0 = qopt.observe %x @min_max : tensor<?x2xf32>
    %1 = qopt.observe %0 @percentile : tensor<?x2xf32>
    %2 = qopt.observe %1 @mse : tensor<?x2xf32>
    %3 = qopt.observe %2 @entropy : tensor<?x2xf32>
    %4 = qopt.observe %3 @histogram : tensor<?x2xf32>
    %5 = qopt.observe %4 @average : tensor<?x2xf32>
    %6 = qopt.observe %5 @include : tensor<?x2xf32>
    %7 = qopt.observe %6 @eps : tensor<?x2xf32>
    %8 = qopt.observe %7 @fixed : tensor<?x2xf32>
    %9 = qopt.observe %8 @option : tensor<?x2xf32>
    %10 = qopt.observe %9 @disabled : tensor<?x2xf32>
    %r = nn.relu %10 {nn.name = "r"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
    %11 = qopt.observe %r @four : tensor<?x2xf32>
    %z = nn.sub %r, %r {nn.name = "z"} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    %12 = qopt.observe %z @zero : tensor<?x2xf32>
    return %12 : tensor<?x2xf32>
  }
}
