// RUN: qopt %s --split-input-file --verify-diagnostics --prepare-verify-exit

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
qopt.qparams @y #act
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{runs on codes but its operand 0 has no quantization point before it}}
  %0 = nn.relu %x {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = qopt.observe %0 @y : tensor<2xf32>
  return %1 : tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
qopt.qparams @x #act
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  %x1 = qopt.observe %x @x : tensor<2xf32>
  // expected-error @below {{runs on codes, so one quantization point must be its result's only user; found 0 points}}
  %0 = nn.relu %x1 {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
qopt.qparams @x #act
qopt.qparams @y #act
// expected-error @below {{names no point: nothing uses it}}
qopt.qparams @z #act
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> (tensor<2xf32>, tensor<2xf32>) {
  // expected-error @below {{observes 'x', which another point observes already}}
  %x1 = qopt.observe %x @x : tensor<2xf32>
  // expected-error @below {{observes 'x', which another point observes already}}
  %x2 = qopt.observe %x @x : tensor<2xf32>
  // expected-error @below {{found 1 point beside other users}}
  %0 = nn.relu %x1 {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  %y1 = qopt.observe %0 @y : tensor<2xf32>
  // expected-error @below {{repeats the point before it, @y}}
  %y2 = qopt.observe %y1 @y : tensor<2xf32>
  return %0, %y2 : tensor<2xf32>, tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
qopt.qparams @x #act
qopt.qparams @w #act
qopt.qparams @b #act
qopt.qparams @y #act
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = nn.parameter "b" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %x1 = qopt.observe %x @x : tensor<1x2xf32>
  %w1 = qopt.observe %w @w : tensor<2x2xf32>
  %b1 = qopt.observe %b @b : tensor<2xf32>
  // expected-error @below {{runs on codes but its weight is no observed parameter}}
  %0 = nn.linear %x1, %w {nn.name = "a", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-error @below {{has a point behind its bias, which has none}}
  %1 = nn.linear %x1, %w1, %b1 {nn.name = "b", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  // expected-error @below {{needs a point inside, 'mid', before its residual or table}}
  %2 = nn.linear %x1, %w1 act <tanh> {nn.name = "c", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-error @below {{has a point inside, 'mid', without a use for it}}
  %3 = nn.linear %x1, %w1 act <relu> mid(@y) {nn.name = "d", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-error @below {{expected the name of a qopt.qparams as 'mid', got @none}}
  %4 = nn.linear %x1, %w1 act <tanh> mid(@none) {nn.name = "e", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %0, %1, %2, %3 : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
qopt.qparams @x #act
qopt.qparams @y #act
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}, %y: tensor<1x2xf32> {nn.name = "y"}) -> tensor<2x2xf32> {
  %x1 = qopt.observe %x @x : tensor<1x2xf32>
  %y1 = qopt.observe %y @y : tensor<1x2xf32>
  // expected-error @below {{its operands must share one observer, got @x and @y}}
  %0 = nn.cat %x1, %y1 {axis = 0 : i64, nn.name = "c", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
