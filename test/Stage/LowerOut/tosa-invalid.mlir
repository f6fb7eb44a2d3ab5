// What TOSA cannot say.
// RUN: qopt %s --lower-to-tosa --split-input-file --verify-diagnostics

!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  // expected-error@+1 {{TOSA needs known sizes, got an argument of 'tensor<?x4x!quant.uniform<u8:f32, 5.000000e-01:100>>'; fix the batch (lower-out-fix-batch, or `qopt export --batch N`)}}
  func.func @main(%x: tensor<?x4x!u>) -> tensor<?x4x!u> {
    return %x : tensor<?x4x!u>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<1x2x5x5x!u>, %a: tensor<2x4x3x!u>, %b: tensor<1x3x5x!u>) -> (tensor<1x2x1x1x!u>, tensor<2x4x5x!u>, tensor<1x2x9x9x!u>, tensor<1x2x!u>) {
    // expected-error@+1 {{nn.max_pool2d has no lowering to TOSA: tosa.max_pool2d has no dilation}}
    %m = nn.max_pool2d %x {kernel = array<i64: 3, 3>, dilation = array<i64: 2, 2>} : (tensor<1x2x5x5x!u>) -> tensor<1x2x1x1x!u>
    // expected-error@+1 {{nn.matmul has no lowering to TOSA: tosa.matmul does not repeat an operand over the batch}}
    %p = nn.matmul %a, %b : (tensor<2x4x3x!u>, tensor<1x3x5x!u>) -> tensor<2x4x5x!u>
    // expected-error@+1 {{nn.resize_bilinear has no lowering to TOSA: its weights are f32 (N18), those of tosa.resize fractions of integers}}
    %r = nn.resize_bilinear %x {output_size = array<i64: 9, 9>, scales = #nn.numbers<1.8, 1.8>, coord_mode = #nn<coord_mode half_pixel>} : (tensor<1x2x5x5x!u>) -> tensor<1x2x9x9x!u>
    %f = nn.flatten %m : (tensor<1x2x1x1x!u>) -> tensor<1x2x!u>
    %w = nn.parameter "w" dense<[[-128, 127], [1, 2]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5:100, 0.5:-100}>>
    // expected-error@+1 {{nn.linear has no lowering to TOSA: its weights have a zero point for each channel, TOSA has one for all}}
    %l = nn.linear %f, %w : (tensor<1x2x!u>, tensor<2x2x!quant.uniform<i8:f32:0, {0.5:100, 0.5:-100}>>) -> tensor<1x2x!u>
    return %m, %p, %r, %l : tensor<1x2x1x1x!u>, tensor<2x4x5x!u>, tensor<1x2x9x9x!u>, tensor<1x2x!u>
  }
}
