// Constraints of qparams, points, borders and attributes of the qopt dialect.
// One case per label, and each message of the attributes.
// RUN: qopt %s --split-input-file --verify-diagnostics

// c1: scales alone.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c1] expected as many zero points as scales}}
qopt.qparams @s #a scales([1.0])

// -----

// c1: different numbers.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c1] expected as many zero points as scales}}
qopt.qparams @s #a scales([1.0]) zero_points([1, 2])

// -----

// c2
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c2] expected one scale for a per-tensor spec, got 2}}
qopt.qparams @s #a scales([1.0, 2.0]) zero_points([1, 2])

// -----

// c3: zero.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c3] expected positive finite scales, got 0.0}}
qopt.qparams @s #a scales([0.0]) zero_points([1])

// -----

// c3: infinite.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c3] expected positive finite scales, got INF}}
qopt.qparams @s #a scales([1.0e39]) zero_points([1])

// -----

// c4: outside the codes.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c4] zero point 256 lies outside [0, 255]}}
qopt.qparams @s #a scales([1.0]) zero_points([256])

// -----

// c4: symmetric, signed.
#a = #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c4] symmetric parameters need zero point 0, got 1}}
qopt.qparams @s #a scales([1.0]) zero_points([1])

// -----

// c4: symmetric, unsigned.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = symmetric, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c4] symmetric parameters need zero point 128, got 0}}
qopt.qparams @s #a scales([1.0]) zero_points([0])

// -----

// c5
#a = #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
// expected-error@+1 {{[qparams_c5] per-channel parameters need an 'axis'}}
qopt.qparams @s #a scales([1.0, 2.0]) zero_points([0, 0])

// -----

// c6: no such source.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c6] 'derived_from' expects the name of another qopt.qparams, got @none}}
qopt.qparams @s #a {derived_from = @none}

// -----

// c6: itself.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c6] 'derived_from' expects the name of another qopt.qparams, got @s}}
qopt.qparams @s #a {derived_from = @s}

// -----

// c6: other codes.
#a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#b = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 127, scheme = affine, granularity = per_tensor, observer = "min_max">
// expected-error@+1 {{[qparams_c6] expected the codes of @t, per tensor}}
qopt.qparams @s #a {derived_from = @t}
qopt.qparams @t #b

// -----

// A point without its symbol.
func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected the name of a qopt.qparams, got @none}}
  %0 = qopt.observe %x @none : tensor<2xf32>
  return
}

// -----

// A symbol of another kind.
func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected the name of a qopt.qparams, got @f}}
  %0 = qopt.fake_quant %x @f : tensor<2xf32>
  return
}

// -----

// Quantize to float.
func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected the result to have a !quant.uniform element type for f32, got 'f32'}}
  %0 = qopt.quantize %x : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

// Dequantize float.
func.func @f(%x: tensor<2xi8>) {
  // expected-error@+1 {{expected the input to have a !quant.uniform element type for f32, got 'i8'}}
  %0 = qopt.dequantize %x : tensor<2xi8> -> tensor<2xf32>
  return
}

// -----

// Requantize to integers.
func.func @f(%x: tensor<2x!quant.uniform<u8:f32, 1.0>>) {
  // expected-error@+1 {{expected the result to have a !quant.uniform element type for f32, got 'i8'}}
  %0 = qopt.requantize %x : tensor<2x!quant.uniform<u8:f32, 1.0>> -> tensor<2xi8>
  return
}

// -----

// Requantize integers.
func.func @f(%x: tensor<2xi8>) {
  // expected-error@+1 {{expected the input to have a !quant.uniform element type for f32, got 'i8'}}
  %0 = qopt.requantize %x : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 1.0>>
  return
}

// -----

// Another shape.
func.func @f(%x: tensor<2xf32>) {
  // expected-error@+1 {{requires the same shape for all operands and results}}
  %0 = qopt.quantize %x : tensor<2xf32> -> tensor<3x!quant.uniform<u8:f32, 1.0>>
  return
}

// -----

// A misspelled attribute.
// expected-error@+1 {{unknown attribute 'qopt.qconfg'; tools may add their own under 'qopt.x_'}}
module attributes {qopt.qconfg = 1} {}

// -----

// Kinds of the known ones.
// expected-error@+1 {{attribute 'qopt.qconfig' expects a #qopt.qconfig, got 1}}
module attributes {qopt.qconfig = 1 : i64} {}

// -----

// float_result
// expected-error@+1 {{attribute 'qopt.float_result' expects no value, got 1}}
module attributes {qopt.float_result = 1 : i64} {}

// -----

// float_reason
// expected-error@+1 {{attribute 'qopt.float_reason' expects a string, got 1}}
module attributes {qopt.float_reason = 1 : i64} {}

// -----

// stage
// expected-error@+1 {{attribute 'qopt.stage' expects a string, got 1}}
module attributes {qopt.stage = 1 : i64} {}

// -----

// expected-error@+1 {{attribute 'qopt.shard' expects {count, index, samples} with 0 <= index < count, got {count = 2 : i64, index = 2 : i64, samples = 8 : i64}}}
module attributes {qopt.shard = {count = 2 : i64, index = 2 : i64, samples = 8 : i64}} {}

// -----

// observer
// expected-error@+1 {{attribute 'qopt.observer' expects the name of a qopt.qparams, got "a"}}
module attributes {qopt.observer = "a"} {}

// -----

// numerics
// expected-error@+1 {{attribute 'qopt.numerics' expects #qopt.numerics<}}
module attributes {qopt.numerics = 1 : i64} {}

// -----

// version
// expected-error@+1 {{attribute 'qopt.version': IR version 2 is newer than this qopt, which reads versions 1 to 1; use the qopt that wrote the file, or make the file again from its model with this one}}
module attributes {qopt.version = 2 : i64} {}

// -----

// Unknown arithmetic.
// expected-error@+1 {{unknown numerics "v2"; the one legal value is "qopt.v1"}}
module attributes {qopt.numerics = #qopt.numerics<"v2">} {}

// -----

// Bits of a spec.
// expected-error@+1 {{expected 2 to 16 bits, got 1}}
module attributes {qopt.x_a = #qopt.spec<bits = 1, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">} {}

// -----

// Codes of a spec.
// expected-error@+1 {{expected codes within [0, 255] for u8, got [0, 256]}}
module attributes {qopt.x_a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 256, scheme = affine, granularity = per_tensor, observer = "min_max">} {}

// -----

// Codes of a signed spec.
// expected-error@+1 {{expected codes within [-8, 7] for s4, got [-9, 7]}}
module attributes {qopt.x_a = #qopt.spec<bits = 4, is_signed = true, qmin = -9, qmax = 7, scheme = affine, granularity = per_tensor, observer = "min_max">} {}

// -----

// Codes in order.
// expected-error@+1 {{expected codes within [0, 255] for u8, got [9, 9]}}
module attributes {qopt.x_a = #qopt.spec<bits = 8, is_signed = false, qmin = 9, qmax = 9, scheme = affine, granularity = per_tensor, observer = "min_max">} {}

// -----

// What is found at run time is u8, affine.
// expected-error@+1 {{parameters found at run time (observer "dynamic", N17) are those of u8 codes [0, 255], affine, per_tensor}}
module attributes {qopt.x_a = #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_tensor, observer = "dynamic">} {}

// -----

// Observer of a spec.
// expected-error@+1 {{unknown observer "minmax"; expected one of min_max, moving_average_min_max, per_channel_min_max, histogram, percentile, mse, entropy, fixed, dynamic}}
module attributes {qopt.x_a = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "minmax">} {}

// -----

// The name of an entry.
module {
  // expected-error@+1 {{attribute 'qopt.entry' expects a string, got 3 : i64}}
  func.func @main() attributes {qopt.entry = 3} { return }
}
