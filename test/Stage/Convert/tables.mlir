// Pointwise functions on codes are tables indexed by the raw byte (N10). Entries by hand.
// RUN: qopt %s --split-input-file --convert-to-codes | FileCheck %s

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">

// relu alone: x = q - 128, y = max(x, 0): 128 zeros, then 0, 1, ..., 127.
// CHECK-LABEL: func.func @main
// CHECK: nn.relu %{{.+}} {nn.name = "relu", qopt.observer = @relu, qopt.qconfig = #qconfig, table = dense<"0x{{((00){129})}}0102030405060708090A{{.*}}7C7D7E7F"> : tensor<256xi8>}
// Signed codes in, unsigned out: bytes 00 to 7F are codes 0 to 127, bytes 80 to FF are -128 to -1.
// leaky_relu with slope 1/2 and output zero point 64: code -128 -> 0, -127 -> 0.5 -> 0,
// -126 -> 1, -125 -> 1.5 -> 2 (ties to even), ..., -1 -> 63.5 -> 64.
// CHECK: nn.leaky_relu %{{.+}} {alpha = 5.000000e-01 : f64, nn.name = "leaky", qopt.observer = @leaky
// CHECK-SAME: table = dense<"0x404142{{.*}}BEBF00000102020203{{.*}}3E3E3F40"> : tensor<256xi8>
// prelu, one table per channel: slopes 1 and 0.
// CHECK: nn.prelu %{{.+}}, %{{.+}} {nn.name = "prelu"
// CHECK-SAME: table = dense<"0x404142{{.*}}BEBF{{((00){65})}}010203{{.*}}3E3F404142{{.*}}BEBF{{((40){128})}}"> : tensor<2x256xi8>
// batch_norm alone: (x - 1) * (2 / sqrt(4)) + 3 = x + 2, and x - 1; eps is lost in f32.
// CHECK: nn.batch_norm
// CHECK-SAME: table = dense<"0x424344{{.*}}C0C1{{((00){63})}}010203{{.*}}3F40413F4041{{.*}}BDBE{{((00){66})}}0102{{.*}}3D3E"> : tensor<2x256xi8>
module {
  qopt.qparams @x #u8 scales([1.0]) zero_points([128])
  qopt.qparams @relu #u8 scales([1.0]) zero_points([0])
  qopt.qparams @s #s8 scales([1.0]) zero_points([0])
  qopt.qparams @leaky #u8 scales([1.0]) zero_points([64])
  qopt.qparams @prelu #u8 scales([1.0]) zero_points([64])
  qopt.qparams @bn #u8 scales([1.0]) zero_points([64])
  func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}, %s: tensor<1x2xf32> {nn.name = "s"}) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
    %x0 = qopt.observe %x @x : tensor<1x2xf32>
    %s0 = qopt.observe %s @s : tensor<1x2xf32>
    %r = nn.relu %x0 {nn.name = "relu", qopt.qconfig = #config} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %r0 = qopt.observe %r @relu : tensor<1x2xf32>
    %l = nn.leaky_relu %s0 {alpha = 0.5, nn.name = "leaky", qopt.qconfig = #config} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %l0 = qopt.observe %l @leaky : tensor<1x2xf32>
    %slope = nn.parameter "slope" dense<[1.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
    %p = nn.prelu %s0, %slope {nn.name = "prelu", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %p0 = qopt.observe %p @prelu : tensor<1x2xf32>
    %gamma = nn.parameter "gamma" dense<[2.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
    %beta = nn.parameter "beta" dense<[3.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
    %mean = nn.parameter "mean" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
    %var = nn.parameter "var" dense<[4.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
    %b = nn.batch_norm %s0, %gamma, %beta, %mean, %var {eps = 1.0e-12 : f64, nn.name = "bn", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %b0 = qopt.observe %b @bn : tensor<1x2xf32>
    return %r0, %l0, %p0, %b0 : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
  }
}

// -----

// Scalars (N8). Derived parameters: the codes are kept, reflected (q' = 255 - q) or all at the
// zero point. An observed result (no derived_from) is a table of the function.
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #u8, weight = #u8, rule = "global">
// CHECK-LABEL: func.func @main
// CHECK: nn.mul_scalar {{.*}}nn.name = "kept"{{.*}} table = dense<"0x00010203{{.*}}FDFEFF"> {{.*}} -> tensor<1x!q_u8{{(_[0-9])?}}>
// CHECK: nn.mul_scalar {{.*}}nn.name = "mirrored"{{.*}} table = dense<"0xFFFEFD{{.*}}020100">
// CHECK: nn.mul_scalar {{.*}}nn.name = "zeroed"{{.*}} table = dense<10> : tensor<256xi8>
// CHECK: nn.add_scalar {{.*}}nn.name = "moved"{{.*}} table = dense<"0x00010203{{.*}}FDFEFF">
// (q - 10) * 0.5 + 100 on codes of scale 1: 5 less than 100, ties to even, at byte 0.
// CHECK: nn.add_scalar {{.*}}nn.name = "observed"{{.*}} table = dense<"0x5F60606061626262
module {
  qopt.qparams @x #u8 scales([0.5]) zero_points([10])
  qopt.qparams @kept #u8 scales([1.5]) zero_points([10]) {derived_from = @x}
  qopt.qparams @mirrored #u8 scales([1.0]) zero_points([245]) {derived_from = @x}
  qopt.qparams @zeroed #u8 scales([0.5]) zero_points([10]) {derived_from = @x}
  qopt.qparams @moved #u8 scales([0.5]) zero_points([7]) {derived_from = @x}
  qopt.qparams @observed #u8 scales([1.0]) zero_points([0])
  func.func @main(%x: tensor<1xf32> {nn.name = "x"}) -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) {
    %x0 = qopt.observe %x @x : tensor<1xf32>
    %a = nn.mul_scalar %x0 {scalar = 3.0 : f32, nn.name = "kept", qopt.qconfig = #config} : (tensor<1xf32>) -> tensor<1xf32>
    %a0 = qopt.observe %a @kept : tensor<1xf32>
    %b = nn.mul_scalar %x0 {scalar = -2.0 : f32, nn.name = "mirrored", qopt.qconfig = #config} : (tensor<1xf32>) -> tensor<1xf32>
    %b0 = qopt.observe %b @mirrored : tensor<1xf32>
    %c = nn.mul_scalar %x0 {scalar = 0.0 : f32, nn.name = "zeroed", qopt.qconfig = #config} : (tensor<1xf32>) -> tensor<1xf32>
    %c0 = qopt.observe %c @zeroed : tensor<1xf32>
    %d = nn.add_scalar %x0 {scalar = 1.4 : f32, nn.name = "moved", qopt.qconfig = #config} : (tensor<1xf32>) -> tensor<1xf32>
    %d0 = qopt.observe %d @moved : tensor<1xf32>
    %e = nn.add_scalar %x0 {scalar = 100.0 : f32, nn.name = "observed", qopt.qconfig = #config} : (tensor<1xf32>) -> tensor<1xf32>
    %e0 = qopt.observe %e @observed : tensor<1xf32>
    return %a0, %b0, %c0, %d0, %e0 : tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>
  }
}
