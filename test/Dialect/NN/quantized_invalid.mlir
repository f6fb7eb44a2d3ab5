// Constraints that hold for every op on codes.
// The labels [quant_c1] to [quant_c8] of the generic verifier: upstream's types check less.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @quant_c1(%x: tensor<2x!quant.uniform<u8:f32, 1.0:300>>) {
  // expected-error@+1 {{[quant_c1] zero point 300 lies outside the storage range [0, 255]}}
  nn.relu %x : (tensor<2x!quant.uniform<u8:f32, 1.0:300>>) -> tensor<2x!quant.uniform<u8:f32, 1.0:300>>
  return
}

// -----

func.func @quant_c2() {
  // expected-error@+1 {{[quant_c2] quantized axis 3 lies outside the rank of}}
  nn.parameter "p" dense<0> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:3, {1.0,2.0}>>
  return
}

// -----

func.func @quant_c3(%x: tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, %w: tensor<3x1x1x1x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>) {
  // expected-error@+1 {{[quant_c3] expected 3 scales for axis 0, got 2}}
  nn.conv2d %x, %w : (tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<3x1x1x1x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>) -> tensor<1x3x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// -----

func.func @quant_c4(%x: tensor<2xf64>) {
  // expected-error@+1 {{[quant_c4] expected element type f32 or !quant.uniform for f32, got 'f64'}}
  nn.relu %x : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @quant_c4_ints(%x: tensor<2xi8>) {
  // expected-error@+1 {{[quant_c4] expected element type f32 or !quant.uniform for f32, got 'i8'}}
  nn.relu %x : (tensor<2xi8>) -> tensor<2xi8>
  return
}

// -----

func.func @quant_c5(%x: tensor<2x4x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>) {
  // expected-error@+1 {{[quant_c5] operand 0 is an activation and must be quantized per tensor}}
  nn.relu %x : (tensor<2x4x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>) -> tensor<2x4x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>
  return
}

// -----

func.func @quant_c6_operand(%x: tensor<2x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  // expected-error@+1 {{[quant_c6] operand 0 is quantized but the result is float}}
  nn.relu %x : (tensor<2x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<2xf32>
  return
}

// -----

func.func @quant_c6_result(%x: tensor<2xf32>) {
  // expected-error@+1 {{[quant_c6] operand 0 is float but the result is quantized}}
  nn.relu %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// -----

func.func @quant_c6_parameter(%x: tensor<1x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, %s: tensor<1x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  // expected-error@+1 {{[quant_c6] operand 1 is a parameter that stays float}}
  nn.prelu %x, %s : (tensor<1x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<1x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<1x2x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// -----

func.func @quant_c7_moved(%x: tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  // expected-error@+1 {{[quant_c7] moves codes, so inputs and results must have one quantized type}}
  nn.flatten %x : (tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<2x3x!quant.uniform<u8:f32, 0.25:1>>
  return
}

// -----

func.func @quant_c7_shared(%x: tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>, %y: tensor<2x3x!quant.uniform<u8:f32, 0.25:1>>) {
  // expected-error@+1 {{[quant_c7] moves codes, so inputs and results must have one quantized type}}
  nn.cat %x, %y {axis = 1 : i64} : (tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<2x3x!quant.uniform<u8:f32, 0.25:1>>) -> tensor<2x6x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// -----

func.func @quant_c8(%x: tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  // expected-error@+1 {{[quant_c8] has no integer form: put qopt.dequantize before it and qopt.quantize behind it (N14)}}
  nn.softmax %x {axis = 1 : i64} : (tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>) -> tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// -----

// A float result is the accumulator alone (N6).
func.func @quant_c9(%x: tensor<?x2x!quant.uniform<u8:f32, 5.000000e-01:128>>) {
  %w = nn.parameter "w" dense<1> : tensor<3x2xi8> -> tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01>>
  %y = nn.linear %x, %w : (tensor<?x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<?x3xf32>
  // expected-error@+1 {{[quant_c9] a float result is the accumulator alone: it allows no residual, activation, mid or table behind it (N6)}}
  nn.linear %x, %w act <relu> : (tensor<?x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<?x3xf32>
  return
}

// -----

func.func @quant_c6_float_weight(%x: tensor<?x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, %w: tensor<3x2xf32>) {
  // expected-error@+1 {{[quant_c6] operand 1 is float but the input is quantized}}
  nn.linear %x, %w : (tensor<?x2x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<3x2xf32>) -> tensor<?x3xf32>
  return
}
