// Parameters that follow from others: N5's floor of a weight scale, N8's derived parameters,
// and dead channels.
// REQUIRES: numpy
// RUN: split-file %s %t
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.array([[-1, 4], [2, 3]], 'f4')"

// RUN: qopt %t/floor.mlir --qopt-calibrate-pipeline="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=FLOOR
// Input scale 5 / 255; channel 0 is dead (weights 0: scale 1), channel 1 has weights of 1e-6 and a
// bias of 3000: 3000 / (5 / 255 * 2^30) = 1.42e-4; channel 2 needs no help.
// FLOOR: remark: 'y': 1 of 3 weight scales raised so that the bias fits i32 (N5), the first of channel 1 from 1.192093e-07 to 1.424{{[0-9]+}}e-04
// FLOOR: qopt.qparams @w {{.*}} scales([1.000000e+00, 1.42492354E-4, 0.00787401571]) zero_points([0, 0, 0])
// RUN: qopt %t/floor.mlir --calibrate-run="data=%t.npz" --calibrate-compute-qparams 2>/dev/null | sed -e 's/1.4249[0-9]*E-4/1.0e-6/' > %t.low.mlir
// RUN: not qopt %t.low.mlir --calibrate-verify-exit 2>&1 | FileCheck %s --check-prefix=LOW
// LOW: error: 'y': the bias of channel 1 does not fit i32 at input scale times weight scale (N5)

// RUN: qopt %t/derived.mlir --qopt-calibrate-pipeline="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=DERIVED
// x: [-1, 4], s = 5 / 255, z = 51. times -2: s' = 2s, z' = 255 - 51. plus s: z - 51: 0 stays in
// range; plus 100 does not: observed.
// DERIVED: qopt.qparams @x {{.*}} scales([0.0196078438]) zero_points([51])
// DERIVED: qopt.qparams @times {{.*}} scales([0.0392156877]) zero_points([204]) {derived_from = @x
// DERIVED: qopt.qparams @plus {{.*}} scales([0.0196078438]) zero_points([0]) {derived_from = @x
// DERIVED: qopt.qparams @far {{.*}} scales([0.407843{{[0-9]*}}]) zero_points([0]) {qopt.observed = {count = 4 : i64, max = 1.040000e+02 : f64, min = 9.900000e+01 : f64}, state

//--- floor.mlir
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#w8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
qopt.qparams @x #u8
qopt.qparams @w #w8 {axis = 0 : i64}
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x3xf32> {
  %xq = qopt.observe %x @x : tensor<?x2xf32>
  %w = nn.parameter "w" dense<[[0.0, 0.0], [1.0e-6, 0.5e-6], [1.0, 0.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %wq = qopt.observe %w @w : tensor<3x2xf32>
  %b = nn.parameter "b" dense<[1.0, -3000.0, 3000.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = nn.linear %xq, %wq, %b {nn.name = "y"} : (tensor<?x2xf32>, tensor<3x2xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
//--- derived.mlir
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
qopt.qparams @x #u8
qopt.qparams @times #u8 {derived_from = @x}
qopt.qparams @plus #u8 {derived_from = @x}
qopt.qparams @far #u8 {derived_from = @x}
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %xq = qopt.observe %x @x : tensor<?x2xf32>
  %a = nn.mul_scalar %xq {scalar = -2.0 : f32, nn.name = "a"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %aq = qopt.observe %a @times : tensor<?x2xf32>
  %b = nn.add_scalar %xq {scalar = 1.0 : f32, nn.name = "b"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %bq = qopt.observe %b @plus : tensor<?x2xf32>
  %c = nn.add_scalar %xq {scalar = 100.0 : f32, nn.name = "c"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %cq = qopt.observe %c @far : tensor<?x2xf32>
  return %aq, %bq, %cq : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
