// Convolutions and linear layers on codes: weights (N2), biases (N5), clamps. The numbers are
// worked out by hand.
// RUN: qopt %s --split-input-file --convert-to-codes | FileCheck %s
// RUN: qopt %s --split-input-file --convert-to-codes | qopt --split-input-file | FileCheck %s

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#weight = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #act, weight = #weight, rule = "global">

// Weight codes: 1 / 0.25 = 4, -0.5 / 0.125 = -4, 100 / 0.5 saturates at 127; ties go to even:
// 0.3125 / 0.125 = 2.5 -> 2. Bias codes: 1 / (0.5 * 0.25) = 8, -2 / (0.5 * 0.125) = -32.
// CHECK-DAG: ![[$X:.+]] = !quant.uniform<u8:f32, 5.000000e-01:10>
// CHECK-DAG: ![[$Y:.+]] = !quant.uniform<u8:f32, 1.250000e-01>
// CHECK-DAG: ![[$W:.+]] = !quant.uniform<i8<-127:127>:f32:0, {2.500000e-01,1.250000e-01,5.000000e-01}>
// CHECK-DAG: ![[$B:.+]] = !quant.uniform<i32:f32:0, {1.250000e-01,6.250000e-02,2.500000e-01}>
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[XQ:.+]] = qopt.quantize %arg0 {nn.name = "x", qopt.observer = @x} : tensor<?x2x4x4xf32> -> tensor<?x2x4x4x![[$X]]>
// CHECK-NEXT: %[[WQ:.+]] = nn.parameter "conv.weight" dense<{{\[\[\[\[}}4]], {{\[\[}}8]]], {{\[\[\[}}-4]], {{\[\[}}2]]], {{\[\[\[}}127]], {{\[\[}}-127]]]]> : tensor<3x2x1x1xi8> -> tensor<3x2x1x1x![[$W]]>
// CHECK-NEXT: %[[BQ:.+]] = nn.parameter "conv.bias" dense<[8, -32, 0]> : tensor<3xi32> -> tensor<3x![[$B]]>
// CHECK-NEXT: %[[YQ:.+]] = nn.conv2d %[[XQ]], %[[WQ]], %[[BQ]] act <relu> {nn.name = "conv", qopt.observer = @conv, qopt.qconfig = #qconfig}
// CHECK-SAME: -> tensor<?x3x4x4x![[$Y]]>
// CHECK-NEXT: %[[D:.+]] = qopt.dequantize %[[YQ]] : tensor<?x3x4x4x![[$Y]]> -> tensor<?x3x4x4xf32>
// CHECK-NEXT: return %[[D]]
module {
  qopt.qparams @x #act scales([0.5]) zero_points([10])
  qopt.qparams @conv.weight #weight scales([0.25, 0.125, 0.5]) zero_points([0, 0, 0]) {axis = 0 : i64}
  qopt.qparams @conv #act scales([0.125]) zero_points([0])
  func.func @main(%x: tensor<?x2x4x4xf32> {nn.name = "x"}) -> (tensor<?x3x4x4xf32> {nn.name = "conv"}) {
    %x0 = qopt.observe %x @x : tensor<?x2x4x4xf32>
    %w = nn.parameter "conv.weight" dense<[[[[1.0]], [[2.0]]], [[[-0.5]], [[0.3125]]], [[[100.0]], [[-100.0]]]]> : tensor<3x2x1x1xf32> -> tensor<3x2x1x1xf32>
    %w0 = qopt.observe %w @conv.weight : tensor<3x2x1x1xf32>
    %b = nn.parameter "conv.bias" dense<[1.0, -2.0, 0.0]> : tensor<3xf32> -> tensor<3xf32>
    %y = nn.conv2d %x0, %w0, %b act <relu> {nn.name = "conv", qopt.qconfig = #config} : (tensor<?x2x4x4xf32>, tensor<3x2x1x1xf32>, tensor<3xf32>) -> tensor<?x3x4x4xf32>
    %y0 = qopt.observe %y @conv : tensor<?x3x4x4xf32>
    return %y0 : tensor<?x3x4x4xf32>
  }
}

// -----

// A linear layer per tensor, its weight shared by two layers: codes once; its bias shared by
// layers with different input scales: two sets of codes, the second under a new name.
// 1 / (0.5 * 0.25) = 8; 1 / (1 * 0.25) = 4.
#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#weight = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #act, weight = #weight, rule = "global">
// CHECK-DAG: ![[$W:.+]] = !quant.uniform<i8<-127:127>:f32, 2.500000e-01>
// CHECK-DAG: ![[$B0:.+]] = !quant.uniform<i32:f32, 1.250000e-01>
// CHECK-DAG: ![[$B1:.+]] = !quant.uniform<i32:f32, 2.500000e-01>
// CHECK-LABEL: func.func @main
// CHECK: %[[WQ:.+]] = nn.parameter "w" dense<{{\[\[}}4, -8], [0, 12]]> : tensor<2x2xi8> -> tensor<2x2x![[$W]]>
// CHECK-NOT: nn.parameter "w
// CHECK: %[[BQ0:.+]] = nn.parameter "b" dense<[8, -16]> : tensor<2xi32> -> tensor<2x![[$B0]]>
// CHECK: %[[BQ1:.+]] = nn.parameter "b.1" dense<[4, -8]> : tensor<2xi32> -> tensor<2x![[$B1]]>
// CHECK: %[[Y:.+]] = nn.linear %{{.+}}, %[[WQ]], %[[BQ0]] {nn.name = "fc0", qopt.observer = @fc0
// CHECK: nn.linear %[[Y]], %[[WQ]], %[[BQ1]] {nn.name = "fc1", qopt.observer = @fc1
module {
  qopt.qparams @x #act scales([0.5]) zero_points([0])
  qopt.qparams @w #weight scales([0.25]) zero_points([0])
  qopt.qparams @fc0 #act scales([1.0]) zero_points([128])
  qopt.qparams @fc1 #act scales([1.0]) zero_points([128])
  func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "fc1"}) {
    %x0 = qopt.observe %x @x : tensor<1x2xf32>
    %w = nn.parameter "w" dense<[[1.0, -2.0], [0.0, 3.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
    %w0 = qopt.observe %w @w : tensor<2x2xf32>
    %b = nn.parameter "b" dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.linear %x0, %w0, %b {nn.name = "fc0", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %y0 = qopt.observe %y @fc0 : tensor<1x2xf32>
    %z = nn.linear %y0, %w0, %b {nn.name = "fc1", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %z0 = qopt.observe %z @fc1 : tensor<1x2xf32>
    return %z0 : tensor<1x2xf32>
  }
}

// -----

// conv_transpose2d: scales lie on axis 1 and repeat over the groups; the bias has one scale per
// output channel. Bias codes 2 / {0.5, 1, 0.5, 1}. No bias: none is made.
#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#weight = #qopt.spec<bits = 4, is_signed = true, qmin = -7, qmax = 7, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #act, weight = #weight, rule = "global">
// CHECK-DAG: ![[$W:.+]] = !quant.uniform<i4<-7:7>:f32:1, {5.000000e-01,1.000000e+00}>
// CHECK-DAG: ![[$B:.+]] = !quant.uniform<i32:f32:0, {5.000000e-01,1.000000e+00,5.000000e-01,1.000000e+00}>
// CHECK-LABEL: func.func @main
// CHECK: %[[WQ:.+]] = nn.parameter "w" dense<{{\[\[\[\[}}2]], {{\[\[}}1]]], {{\[\[\[}}7]], {{\[\[}}-7]]]]> : tensor<2x2x1x1xi8> -> tensor<2x2x1x1x![[$W]]>
// CHECK: %[[BQ:.+]] = nn.parameter "b" dense<[4, 2, 4, 2]> : tensor<4xi32> -> tensor<4x![[$B]]>
// CHECK: %[[Y:.+]] = nn.conv_transpose2d %{{.+}}, %[[WQ]], %[[BQ]] {groups = 2 : i64, nn.name = "up"
// CHECK: nn.conv_transpose2d %{{.+}}, %[[WQ]] {groups = 2 : i64, nn.name = "bare"
// CHECK: return
module {
  qopt.qparams @x #act scales([1.0]) zero_points([0])
  qopt.qparams @w #weight scales([0.5, 1.0]) zero_points([0, 0]) {axis = 1 : i64}
  qopt.qparams @up #act scales([1.0]) zero_points([128])
  qopt.qparams @bare #act scales([1.0]) zero_points([128])
  func.func @main(%x: tensor<1x2x2x2xf32> {nn.name = "x"}) -> (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) {
    %x0 = qopt.observe %x @x : tensor<1x2x2x2xf32>
    %w = nn.parameter "w" dense<[[[[1.0]], [[1.0]]], [[[9.0]], [[-9.0]]]]> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
    %w0 = qopt.observe %w @w : tensor<2x2x1x1xf32>
    %b = nn.parameter "b" dense<2.0> : tensor<4xf32> -> tensor<4xf32>
    %y = nn.conv_transpose2d %x0, %w0, %b {groups = 2 : i64, nn.name = "up", qopt.qconfig = #config} : (tensor<1x2x2x2xf32>, tensor<2x2x1x1xf32>, tensor<4xf32>) -> tensor<1x4x2x2xf32>
    %y0 = qopt.observe %y @up : tensor<1x4x2x2xf32>
    %z = nn.conv_transpose2d %x0, %w0 {groups = 2 : i64, nn.name = "bare", qopt.qconfig = #config} : (tensor<1x2x2x2xf32>, tensor<2x2x1x1xf32>) -> tensor<1x4x2x2xf32>
    %z0 = qopt.observe %z @bare : tensor<1x4x2x2xf32>
    return %y0, %z0 : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>
  }
}
