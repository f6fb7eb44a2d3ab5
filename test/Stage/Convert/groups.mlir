// Inside a fused group `mid` becomes a type (N7, N10): before a residual, before a tabulated
// activation; the accumulator form of a residual has none.
// RUN: qopt %s --convert-to-codes | FileCheck %s

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
#direct = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global", residual_accumulator = true>

// CHECK-DAG: ![[$MID:.+]] = !quant.uniform<u8:f32, 5.000000e-01:128>
// CHECK-DAG: ![[$SWISH:.+]] = !quant.uniform<u8:f32, 1.250000e-01:3>
// CHECK-LABEL: func.func @main
// CHECK: %[[X0:.+]] = qopt.quantize %arg0
// hard_swish of x = (q - 128) / 2, output q' = y * 8 + 3. x = -2.5: -0.2083 -> 1; -2: -0.3333
// -> 0; -0.5: -0.2083 -> 1; 0: 3; 0.5: 0.2917 -> 5; 1: 0.6667 -> 8; 1.5: 1.125 -> 12; from 3 on y
// = x: 27, 31, ...
// CHECK: %[[S:.+]] = nn.conv2d %[[X0]], %{{.+}} act <hard_swish> mid(![[$MID]])
// CHECK-SAME: qopt.observer = @swish
// CHECK-SAME: table = dense<"0x{{((03){123})}}01000000010305080C10151B1F23272B2F33{{.*}}F7FB{{((FF){65})}}"> : tensor<256xi8>
// CHECK-SAME: -> tensor<1x1x2x2x![[$SWISH]]>
// CHECK: %[[R:.+]] = nn.conv2d %[[S]], %{{.+}} residual(%[[X0]]) act <relu> mid(![[$MID]]) {nn.name = "sum", qopt.observer = @sum, qopt.qconfig
// CHECK: nn.conv2d %[[R]], %{{.+}} residual(%[[X0]]) {nn.name = "direct", qopt.observer = @direct, qopt.qconfig = #qconfig{{[0-9]*}}} :
module {
  qopt.qparams @x #u8 scales([0.5]) zero_points([10])
  qopt.qparams @w #s8 scales([0.25]) zero_points([0])
  qopt.qparams @swish.mid #u8 scales([0.5]) zero_points([128])
  qopt.qparams @swish #u8 scales([0.125]) zero_points([3])
  qopt.qparams @sum #u8 scales([0.25]) zero_points([0])
  qopt.qparams @direct #u8 scales([0.25]) zero_points([9])
  func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> (tensor<1x1x2x2xf32>) {
    %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
    %w = nn.parameter "w" dense<[[[[1.0]]]]> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
    %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
    %s = nn.conv2d %x0, %w0 act <hard_swish> mid(@swish.mid) {nn.name = "swish", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
    %s0 = qopt.observe %s @swish : tensor<1x1x2x2xf32>
    %r = nn.conv2d %s0, %w0 residual(%x0) act <relu> mid(@swish.mid) {nn.name = "sum", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
    %r0 = qopt.observe %r @sum : tensor<1x1x2x2xf32>
    %d = nn.conv2d %r0, %w0 residual(%x0) {nn.name = "direct", qopt.qconfig = #direct} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
    %d0 = qopt.observe %d @direct : tensor<1x1x2x2xf32>
    return %d0 : tensor<1x1x2x2xf32>
  }
}
