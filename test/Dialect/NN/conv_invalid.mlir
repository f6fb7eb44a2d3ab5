// Constraints of parameters, convolutions, linear, matmul, batch_norm.
// One case per label in the op's description, and more where a label has several parts.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @parameter_c1() {
  // expected-error@+1 {{[parameter_c1] data of shape 'tensor<2xf32>' does not fit the result 'tensor<3xf32>'}}
  nn.parameter "p" dense<0.0> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @parameter_c2_float() {
  // expected-error@+1 {{[parameter_c2] expected data of element type 'f32', got 'i8'}}
  nn.parameter "p" dense<0> : tensor<2xi8> -> tensor<2xf32>
  return
}

// -----

func.func @parameter_c2_codes() {
  // expected-error@+1 {{[parameter_c2] expected codes of type i8}}
  nn.parameter "p" dense<0> : tensor<2xi32> -> tensor<2x!quant.uniform<i8:f32, 2.500000e-01>>
  return
}

// -----

func.func @parameter_c2_bias() {
  // expected-error@+1 {{[parameter_c2] expected codes of type i32}}
  nn.parameter "p" dense<0> : tensor<2xi8> -> tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>
  return
}

// -----

func.func @parameter_c3() {
  // expected-error@+1 {{[quant_c3] expected 3 scales for axis 0, got 2}}
  nn.parameter "p" dense<0> : tensor<3xi8> -> tensor<3x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>
  return
}

// -----

func.func @conv2d_c1_input(%x: tensor<1x4x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c1] expected input and weight of rank 4}}
  nn.conv2d %x, %w : (tensor<1x4x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c1_weight(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3xf32>) {
  // expected-error@+1 {{[conv2d_c1] expected input and weight of rank 4}}
  nn.conv2d %x, %w : (tensor<1x4x8x8xf32>, tensor<8x4x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c2_channels(%x: tensor<1x5x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c2] input channels 5 and weight 'tensor<8x4x3x3xf32>' do not fit groups = 1}}
  nn.conv2d %x, %w : (tensor<1x5x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c2_groups(%x: tensor<1x12x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c2] input channels 12}}
  nn.conv2d %x, %w {groups = 3 : i64} : (tensor<1x12x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c2_zero(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c2] input channels 4}}
  nn.conv2d %x, %w {groups = 0 : i64} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c3_stride(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c3] expected two positive strides, got [0, 1]}}
  nn.conv2d %x, %w {stride = array<i64: 0, 1>} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c3_dilation(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c3] expected two positive dilations, got [1]}}
  nn.conv2d %x, %w {dilation = array<i64: 1>} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c3_padding(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c3] expected padding [top, left, bottom, right], none negative, got [0, -1, 0, 0]}}
  nn.conv2d %x, %w {padding = array<i64: 0, -1, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<1x4x2x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{[conv2d_c4] a window of 3 does not fit into the padded size 2 of dimension 2}}
  nn.conv2d %x, %w : (tensor<1x4x2x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c5(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{[conv2d_c5] expected a bias of 8 elements, got 'tensor<4xf32>'}}
  nn.conv2d %x, %w, %b : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>, tensor<4xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_c6(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>, %r: tensor<1x8x5x6xf32>) {
  // expected-error@+1 {{[conv2d_c6] expected a residual of the result's shape}}
  nn.conv2d %x, %w residual(%r) : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>, tensor<1x8x5x6xf32>) -> tensor<1x8x6x6xf32>
  return
}

// -----

func.func @conv2d_result(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{result 0 has type 'tensor<1x8x8x8xf32>' but its shape is 'tensor<1x8x6x6xf32>'}}
  nn.conv2d %x, %w : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x8x8xf32>
  return
}

// -----

func.func @conv_transpose2d_c1(%x: tensor<1x4x5xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c1] expected input and weight of rank 4}}
  nn.conv_transpose2d %x, %w : (tensor<1x4x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @conv_transpose2d_c2(%x: tensor<1x5x5x5xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c2] input channels 5}}
  nn.conv_transpose2d %x, %w : (tensor<1x5x5x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @conv_transpose2d_c3_stride(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c3] expected two positive strides}}
  nn.conv_transpose2d %x, %w {stride = array<i64: 1, -1>} : (tensor<1x4x5x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @conv_transpose2d_c3_output_padding(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c3] output_padding expects two sizes that are not negative}}
  nn.conv_transpose2d %x, %w {output_padding = array<i64: -1, 0>} : (tensor<1x4x5x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @conv_transpose2d_c3_empty(%x: tensor<1x4x1x5xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c3] the padding leaves no output in dimension 2}}
  nn.conv_transpose2d %x, %w {padding = array<i64: 1, 0, 1, 0>} : (tensor<1x4x1x5xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @conv_transpose2d_c4(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x2x2xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{[conv_transpose2d_c4] expected a bias of 3 elements}}
  nn.conv_transpose2d %x, %w, %b : (tensor<1x4x5x5xf32>, tensor<4x3x2x2xf32>, tensor<2xf32>) -> tensor<1x3x6x6xf32>
  return
}

// -----

func.func @linear_c1(%x: tensor<2x8xf32>, %w: tensor<4x8x1xf32>) {
  // expected-error@+1 {{[linear_c1] expected an input of rank >= 1 and a weight of rank 2}}
  nn.linear %x, %w : (tensor<2x8xf32>, tensor<4x8x1xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<2x7xf32>, %w: tensor<4x8xf32>) {
  // expected-error@+1 {{[linear_c2] expected 8 input features as in weight 'tensor<4x8xf32>', got 7}}
  nn.linear %x, %w : (tensor<2x7xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @linear_c3(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error@+1 {{[linear_c3] expected a bias of 4 elements}}
  nn.linear %x, %w, %b : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @linear_c4(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %r: tensor<2x8xf32>) {
  // expected-error@+1 {{[linear_c4] expected a residual of the result's shape}}
  nn.linear %x, %w residual(%r) : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c1(%x: tensor<2x8xf32>, %w: tensor<4x8x1x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error@+1 {{[dynamic_linear_c1] expected an input of rank >= 1 and a weight of rank 2}}
  nn.dynamic_linear %x, %w : (tensor<2x8xf32>, tensor<4x8x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c2(%x: tensor<2x7xf32>, %w: tensor<4x8x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error@+1 {{[dynamic_linear_c2] expected 8 input features as in weight}}
  nn.dynamic_linear %x, %w : (tensor<2x7xf32>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c3(%x: tensor<2x8xf32>, %w: tensor<4x8x!quant.uniform<i8:f32, 0.5>>, %b: tensor<8xf32>) {
  // expected-error@+1 {{[dynamic_linear_c3] expected a bias of 4 elements}}
  nn.dynamic_linear %x, %w, %b : (tensor<2x8xf32>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>, tensor<8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c4(%x: tensor<2x8xf32>, %w: tensor<4x8x!quant.uniform<i8:f32, 0.5>>, %r: tensor<2x8xf32>) {
  // expected-error@+1 {{[dynamic_linear_c4] expected a residual of the result's shape}}
  nn.dynamic_linear %x, %w residual(%r) : (tensor<2x8xf32>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>, tensor<2x8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c5_float(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error@+1 {{[dynamic_linear_c5] expected a weight in codes of at most 8 bits, per tensor or along axis 0, got 'tensor<4x8xf32>'}}
  nn.dynamic_linear %x, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c5_axis(%x: tensor<2x2xf32>, %w: tensor<4x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) {
  // expected-error@+1 {{[dynamic_linear_c5] expected a weight in codes of at most 8 bits, per tensor or along axis 0}}
  nn.dynamic_linear %x, %w : (tensor<2x2xf32>, tensor<4x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @dynamic_linear_c5_codes(%x: tensor<2x8x!quant.uniform<u8:f32, 0.5>>, %w: tensor<4x8x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error@+1 {{[dynamic_linear_c5] takes and gives f32 beside its weight}}
  nn.dynamic_linear %x, %w : (tensor<2x8x!quant.uniform<u8:f32, 0.5>>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x4xf32>
  return
}

// -----

func.func @matmul_c1(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{[matmul_c1] expected operands of rank >= 2}}
  nn.matmul %a, %b : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @matmul_c2(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) {
  // expected-error@+1 {{[matmul_c2] inner sizes differ: 3 and 4}}
  nn.matmul %a, %b : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @matmul_c3(%a: tensor<2x3x4xf32>, %b: tensor<3x4x5xf32>) {
  // expected-error@+1 {{[matmul_c3] leading dimensions do not broadcast}}
  nn.matmul %a, %b : (tensor<2x3x4xf32>, tensor<3x4x5xf32>) -> tensor<2x3x5xf32>
  return
}

// -----

func.func @batch_norm_c1(%x: tensor<3xf32>, %p: tensor<3xf32>) {
  // expected-error@+1 {{[batch_norm_c1] expected an input of rank >= 2}}
  nn.batch_norm %x, %p, %p, %p, %p : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @batch_norm_c2(%x: tensor<1x4x2xf32>, %p: tensor<3xf32>) {
  // expected-error@+1 {{[batch_norm_c2] expected parameters of 4 elements, got 'tensor<3xf32>'}}
  nn.batch_norm %x, %p, %p, %p, %p : (tensor<1x4x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x4x2xf32>
  return
}

// -----

func.func @batch_norm_c3(%x: tensor<1x3x2xf32>, %p: tensor<3xf32>) {
  // expected-error@+1 {{[batch_norm_c3] expected a positive eps, got 0.0}}
  nn.batch_norm %x, %p, %p, %p, %p {eps = 0.0 : f64} : (tensor<1x3x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x2xf32>
  return
}
