// What convert-to-codes refuses, and what it says.
// RUN: qopt %s --split-input-file --verify-diagnostics --convert-to-codes -o /dev/null

// expected-error @below {{convert expects a calibrated module, got one that is fused; run the stages prepare and calibrate first}}
module attributes {qopt.stage = "fused"} {
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#u16 = #qopt.spec<bits = 16, is_signed = false, qmin = 0, qmax = 65535, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u16 scales([0.5]) zero_points([10])
qopt.qparams @y #u8
func.func @main(%x: tensor<2xf32> {nn.name = "x"}, %y: tensor<2xf32> {nn.name = "y"}) -> (tensor<2xf32>, tensor<2xf32>) {
  // expected-error @below {{observer @x asks for 16 bits, which exist only in simulation (N1); give this layer 2 to 8 bits in the configuration, or null to leave it float}}
  %x0 = qopt.observe %x @x : tensor<2xf32>
  // expected-error @below {{observer @y has no scale and zero point yet; calibrate the module first (qopt calibrate)}}
  %y0 = qopt.observe %y @y : tensor<2xf32>
  %y1 = qopt.observe %y0 @y : tensor<2xf32>
  return %x0, %y1 : tensor<2xf32>, tensor<2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#sc = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #sc scales([0.5, 0.5]) zero_points([0, 0]) {axis = 0 : i64}
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{observer @x is per channel, but activations are quantized per tensor (N1); configure per_tensor for this layer's activations}}
  %x0 = qopt.observe %x @x : tensor<2xf32>
  return %x0 : tensor<2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<0x7FC00000> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': constant "w" is NaN at element 0; quantization needs finite weights: repair the model, or leave this layer float (null in the configuration)}}
  %y = nn.conv2d %x0, %w0 {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  %b = nn.parameter "b" dense<0x7F800000> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{'y': constant "b" is infinite at element 0; quantization needs finite weights}}
  %y = nn.conv2d %x0, %w0, %b {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#sc = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #sc scales([0.5, 0.5]) zero_points([0, 0]) {axis = 0 : i64}
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': constant "w" of type 'tensor<1x1x1x1xf32>' has 2 scales along axis 0; expected one per element of that axis: calibrate again}}
  %y = nn.conv2d %x0, %w0 {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#sc = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #sc scales([0.5]) zero_points([0]) {axis = 1 : i64}
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': observer @w counts channels along axis 1 of the weight; expected axis 0, which counts output channels}}
  %y = nn.conv2d %x0, %w0 {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  %b = nn.parameter "b" dense<1.0e9> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{'y': bias "b" of channel 0 is 1.000000e+09, which no i32 code of scale 1.250000e-01 reaches; calibrate again, so that the weight scale gets its floor abs(bias) / (input scale * 2^30) (N5)}}
  %y = nn.conv2d %x0, %w0, %b {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([1.0e-30]) zero_points([10])
qopt.qparams @w #s8 scales([1.0e-30]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  %b = nn.parameter "b" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{'y': input scale times weight scale of channel 0 is no positive f32, so the bias has no scale (N5); check the scales of @w and of the input}}
  %y = nn.conv2d %x0, %w0, %b {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': a residual and the tabulated activation sigmoid need two quantization points, but a fused group has one (mid); keep the activation an op of its own}}
  %y = nn.conv2d %x0, %w0 residual(%x0) act <sigmoid> mid(@mid) {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': 'mid' @mid has no use without a residual or a tabulated activation; prepare the module again}}
  %y = nn.conv2d %x0, %w0 act <relu> mid(@mid) {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': 'mid' is missing between the accumulator and the tabulated activation; prepare the module again}}
  %y = nn.conv2d %x0, %w0 act <sigmoid> {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': 'mid' is missing between the accumulator and the residual; prepare the module again, or configure residual: accumulator}}
  %y = nn.conv2d %x0, %w0 residual(%x0) {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @w #s8 scales([0.25]) zero_points([0])
qopt.qparams @y #u8 scales([0.5]) zero_points([10])
qopt.qparams @mid #u8 scales([0.5]) zero_points([10])
func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w0 = qopt.observe %w @w : tensor<1x1x1x1xf32>
  // expected-error @below {{'y': expected the name of a qopt.qparams, got @nothing}}
  %y = nn.conv2d %x0, %w0 residual(%x0) mid(@nothing) {nn.name = "y", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x1x2x2xf32>
  return %y0 : tensor<1x1x2x2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @y #u8 scales([0.5]) zero_points([11])
func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}, %y: tensor<1x2xf32> {nn.name = "y"}) -> tensor<1x4xf32> {
  %x0 = qopt.observe %x @x : tensor<1x2xf32>
  %y0 = qopt.observe %y @y : tensor<1x2xf32>
  // expected-error @below {{'cat': its operands must share parameters, but @x gives '!quant.uniform<u8:f32, 5.000000e-01:10>' and @y gives '!quant.uniform<u8:f32, 5.000000e-01:11>'; put a qopt.observe of the shared observer behind each operand}}
  %c = nn.cat %x0, %y0 {axis = 1 : i64, nn.name = "cat", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %c : tensor<1x4xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#sc = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @k #sc scales([0.5, 0.5]) zero_points([0, 0]) {axis = 0 : i64}
qopt.qparams @y #u8 scales([0.5]) zero_points([11])
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  %x0 = qopt.observe %x @x : tensor<2xf32>
  %k = nn.parameter "k" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %k0 = qopt.observe %k @k : tensor<2xf32>
  // expected-error @below {{'y': the constant activation of observer @k is per channel; configure per_tensor for it (N1)}}
  %y = nn.add %x0, %k0 {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %y0 = qopt.observe %y @y : tensor<2xf32>
  return %y0 : tensor<2xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
qopt.qparams @x #u8 scales([0.5]) zero_points([10])
qopt.qparams @y #u8 scales([1.0]) zero_points([11]) {derived_from = @x}
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  %x0 = qopt.observe %x @x : tensor<2xf32>
  // expected-error @below {{'y': the parameters of @y, scale 1.000000e+00 and zero point 11, do not follow from the input's any more; calibrate again}}
  %y = nn.mul_scalar %x0 {scalar = 2.0 : f32, nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  %y0 = qopt.observe %y @y : tensor<2xf32>
  return %y0 : tensor<2xf32>
}

// -----

// Parameters found at run time are a form of some ops only (N17).
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "dynamic">
#config = #qopt.qconfig<activation = #u8, weight = #u8, rule = "global">
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{'y': relu has no form for parameters found at run time (N17); configure another observer for its activation}}
  %y = nn.relu %x {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
