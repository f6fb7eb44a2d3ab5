// N4: the positive and the negative contributions each fit i32, or the layer is refused. A term
// is at most 255 * 127 = 32385 here; 66310 of them and a bias of 34297 make 2^31 - 1.
// RUN: qopt %s --split-input-file --verify-diagnostics --convert-prove-ranges -o /dev/null

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0>
!b = !quant.uniform<i32:f32, 1.0>
!y = !quant.uniform<u8:f32, 1.0>

func.func @exactly(%x: tensor<1x66310x!x>) -> tensor<1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<1x66310xi8> -> tensor<1x66310x!w>
  %b = nn.parameter "b" dense<34297> : tensor<1xi32> -> tensor<1x!b>
  %y = nn.linear %x, %w, %b {nn.name = "fc"} : (tensor<1x66310x!x>, tensor<1x66310x!w>, tensor<1x!b>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}

func.func @one_more(%x: tensor<1x66310x!x>) -> tensor<1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<1x66310xi8> -> tensor<1x66310x!w>
  %b = nn.parameter "b" dense<34298> : tensor<1xi32> -> tensor<1x!b>
  // expected-error @below {{'fc': the accumulator of channel 0 can reach [0, 2147483648], beyond i32 (N4); use fewer bits for its weight or input, or leave it float (null in the configuration)}}
  %y = nn.linear %x, %w, %b {nn.name = "fc"} : (tensor<1x66310x!x>, tensor<1x66310x!w>, tensor<1x!b>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}

// The final sum would fit thanks to the bias, but a partial sum may leave it out.
func.func @partial(%x: tensor<1x66312x!x>) -> tensor<1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<1x66312xi8> -> tensor<1x66312x!w>
  %b = nn.parameter "b" dense<-100000> : tensor<1xi32> -> tensor<1x!b>
  // expected-error @below {{'fc': the accumulator of channel 0 can reach [-100000, 2147514120], beyond i32 (N4)}}
  %y = nn.linear %x, %w, %b {nn.name = "fc"} : (tensor<1x66312x!x>, tensor<1x66312x!w>, tensor<1x!b>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}

// -----

// A zero point of the weight counts: (127 + 128) * 255 = 65025 per term.
!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0:-128>
!y = !quant.uniform<u8:f32, 1.0>
func.func @weight_zero_point(%x: tensor<1x33026x!x>) -> tensor<1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<1x33026xi8> -> tensor<1x33026x!w>
  // expected-error @below {{can reach [0, 2147515650]}}
  %y = nn.linear %x, %w {nn.name = "fc"} : (tensor<1x33026x!x>, tensor<1x33026x!w>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}

// With the input's zero point in the middle both sides count, each for itself.
!m = !quant.uniform<u8:f32, 1.0:128>
!s = !quant.uniform<i8:f32, 1.0>
func.func @both_sides(%x: tensor<1x66311x!m>) -> tensor<1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<1x66311xi8> -> tensor<1x66311x!s>
  %y = nn.linear %x, %w {nn.name = "fc"} : (tensor<1x66311x!m>, tensor<1x66311x!s>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}

// -----

// Groups of a transposed convolution are channels of their own: 40000 terms each fit. The bias
// belongs to one of them.
!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0>
!b = !quant.uniform<i32:f32, 1.0>
!y = !quant.uniform<u8:f32, 1.0>
func.func @groups(%x: tensor<1x80000x1x1x!x>) -> tensor<1x2x1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<80000x1x1x1xi8> -> tensor<80000x1x1x1x!w>
  %y = nn.conv_transpose2d %x, %w {groups = 2 : i64, nn.name = "up"} : (tensor<1x80000x1x1x!x>, tensor<80000x1x1x1x!w>) -> tensor<1x2x1x1x!y>
  return %y : tensor<1x2x1x1x!y>
}
func.func @group_bias(%x: tensor<1x80000x1x1x!x>) -> tensor<1x2x1x1x!y> {
  %w = nn.parameter "w" dense<127> : tensor<80000x1x1x1xi8> -> tensor<80000x1x1x1x!w>
  %b = nn.parameter "b" dense<[0, 1000000000]> : tensor<2xi32> -> tensor<2x!b>
  // expected-error @below {{'up': the accumulator of channel 1 can reach [0, 2295400000], beyond i32 (N4)}}
  %y = nn.conv_transpose2d %x, %w, %b {groups = 2 : i64, nn.name = "up"} : (tensor<1x80000x1x1x!x>, tensor<80000x1x1x1x!w>, tensor<2x!b>) -> tensor<1x2x1x1x!y>
  return %y : tensor<1x2x1x1x!y>
}

// -----

// Products of two activations: 33026 * 255 * 255.
!x = !quant.uniform<u8:f32, 1.0>
func.func @matmul(%a: tensor<1x33026x!x>, %b: tensor<33026x1x!x>) -> tensor<1x1x!x> {
  // expected-error @below {{'mm': the accumulator of its 33026 products can reach [0, 2147515650], beyond i32 (N4); use fewer bits for its inputs, or leave it float (null in the configuration)}}
  %y = nn.matmul %a, %b {nn.name = "mm"} : (tensor<1x33026x!x>, tensor<33026x1x!x>) -> tensor<1x1x!x>
  return %y : tensor<1x1x!x>
}
func.func @matmul_fits(%a: tensor<1x33025x!x>, %b: tensor<33025x1x!x>) -> tensor<1x1x!x> {
  %y = nn.matmul %a, %b {nn.name = "mm"} : (tensor<1x33025x!x>, tensor<33025x1x!x>) -> tensor<1x1x!x>
  return %y : tensor<1x1x!x>
}

// -----

// A weight that is no constant cannot be proven.
!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0>
func.func @no_constant(%x: tensor<1x2x!x>, %w: tensor<1x2x!w>) -> tensor<1x1x!x> {
  // expected-error @below {{'fc': weight and bias of a layer on codes must be constants}}
  %y = nn.linear %x, %w {nn.name = "fc"} : (tensor<1x2x!x>, tensor<1x2x!w>) -> tensor<1x1x!x>
  return %y : tensor<1x1x!x>
}

// -----

// A zero point found at run time may be any of [0, 255]: 66310 terms of 255 * 127 fit, 66312 do not.
!w = !quant.uniform<i8:f32, 1.0>
func.func @dynamic(%x: tensor<1x66310xf32>) -> tensor<1x1xf32> {
  %w = nn.parameter "w" dense<127> : tensor<1x66310xi8> -> tensor<1x66310x!w>
  %y = nn.dynamic_linear %x, %w {nn.name = "fc"} : (tensor<1x66310xf32>, tensor<1x66310x!w>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

func.func @dynamic_more(%x: tensor<1x66312xf32>) -> tensor<1x1xf32> {
  %w = nn.parameter "w" dense<127> : tensor<1x66312xi8> -> tensor<1x66312x!w>
  // expected-error @below {{'fc': the accumulator of channel 0 can reach [-2147514120, 2147514120], beyond i32 (N4)}}
  %y = nn.dynamic_linear %x, %w {nn.name = "fc"} : (tensor<1x66312xf32>, tensor<1x66312x!w>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
