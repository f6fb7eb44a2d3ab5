// What cannot be read is said at its op, with the reason, and all at once; nothing is changed.
// RUN: qopt %s --import-foreign --split-input-file --verify-diagnostics --allow-unregistered-dialect

// expected-error @+1 {{has no function with a body}}
module {
}

// -----

func.func @first(%x: tensor<1x4xf32>) -> tensor<1x4xf32> { // expected-note {{the first one is @first}}
  return %x : tensor<1x4xf32>
}
// expected-error @+1 {{is a second function; expected one that is the network}}
func.func @second(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{argument 0 has type 'tensor<*xf32>', expected a ranked tensor}}
func.func @unranked(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

// expected-error @+2 {{operators that cannot be imported: tosa.sin, Max, private.op}}
module {
  func.func @all_at_once(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> tensor<1x4xf32> {
    // expected-note @+1 {{tosa.sin: no rule reads this op}}
    %0 = tosa.sin %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
    // expected-note @+1 {{Max: the maximum of two activations is not supported, only with a constant}}
    %1 = tosa.maximum %0, %y : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
    // expected-note @+1 {{private.op: no rule reads this op}}
    %2 = "private.op"(%1) : (tensor<1x4xf32>) -> tensor<1x4xf32>
    // What no output needs is not asked for.
    %3 = tosa.cos %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
    return %2 : tensor<1x4xf32>
  }
}

// -----

// expected-error @+2 {{operators that cannot be imported: tosa.add}}
module {
  func.func @integers(%x: tensor<1x4xi32>) -> tensor<1x4xi32> {
    // expected-note @+1 {{computes on integers; read the float network and quantize it here}}
    %0 = tosa.add %x, %x : (tensor<1x4xi32>, tensor<1x4xi32>) -> tensor<1x4xi32>
    return %0 : tensor<1x4xi32>
  }
}

// -----

#map = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
// expected-error @+2 {{operators that cannot be imported: linalg.generic}}
module {
  func.func @generics(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>) {
    %zero = arith.constant 0.0 : f32
    %scale = arith.constant 0.5 : f32
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %narrow = arith.constant -127.0 : f32
    %e1 = tensor.empty() : tensor<2xf32>
    %e = tensor.empty() : tensor<2x4xf32>
    %q = tensor.empty() : tensor<2x4xi8>
    %f = linalg.fill ins(%low : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
    // expected-note @+1 {{reduces by another rule than a sum that starts from 0}}
    %0 = linalg.generic {indexing_maps = [#map, #rows], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x4xf32>) outs(%f : tensor<2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.maximumf %in, %out : f32
      linalg.yield %m : f32
    } -> tensor<2xf32>
    // expected-note @+1 {{selects in a way that is no maximum, minimum or leaky_relu}}
    %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%x, %y : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %c = arith.cmpf ogt, %a, %zero : f32
      %s = arith.select %c, %b, %a : f32
      linalg.yield %s : f32
    } -> tensor<2x4xf32>
    // expected-note @+1 {{computes with math.sin, which no rule reads in a body}}
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
    ^bb0(%a: f32, %out: f32):
      %s = math.sin %a : f32
      linalg.yield %s : f32
    } -> tensor<2x4xf32>
    // Arithmetic that quantizes to other codes than N2 is named.
    // expected-note @+1 {{converts floats to integers without saturating them behind the zero point (N2)}}
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%q : tensor<2x4xi8>) {
    ^bb0(%a: f32, %out: i8):
      %d = arith.divf %a, %scale : f32
      %r = math.roundeven %d : f32
      %i = arith.fptosi %r : f32 to i8
      linalg.yield %i : i8
    } -> tensor<2x4xi8>
    // expected-note @+1 {{converts floats to integers without rounding to the nearest (N2)}}
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%q : tensor<2x4xi8>) {
    ^bb0(%a: f32, %out: i8):
      %d = arith.divf %a, %scale : f32
      %l = arith.maximumf %d, %low : f32
      %h = arith.minimumf %l, %high : f32
      %i = arith.fptosi %h : f32 to i8
      linalg.yield %i : i8
    } -> tensor<2x4xi8>
    // expected-note @+1 {{multiplies by the reciprocal of a scale, which differs from the division of N2 near ties}}
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%q : tensor<2x4xi8>) {
    ^bb0(%a: f32, %out: i8):
      %d = arith.mulf %a, %scale : f32
      %r = math.roundeven %d : f32
      %l = arith.maximumf %r, %low : f32
      %h = arith.minimumf %l, %high : f32
      %i = arith.fptosi %h : f32 to i8
      linalg.yield %i : i8
    } -> tensor<2x4xi8>
    // expected-note @+1 {{makes codes from -127 to 127, which is the range of no integer type}}
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%q : tensor<2x4xi8>) {
    ^bb0(%a: f32, %out: i8):
      %d = arith.divf %a, %scale : f32
      %r = math.roundeven %d : f32
      %l = arith.maximumf %r, %narrow : f32
      %h = arith.minimumf %l, %high : f32
      %i = arith.fptosi %h : f32 to i8
      linalg.yield %i : i8
    } -> tensor<2x4xi8>
    return %0, %1, %2, %3, %4, %5, %6 : tensor<2xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>, tensor<2x4xi8>
  }
}

// -----

// expected-error @+2 {{tensor 'weights' has no data in the file; print the module with all its resources}}
module {
  func.func @elided(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
    %zero = arith.constant 0.0 : f32
    %w = arith.constant dense_resource<weights> : tensor<2x3xf32>
    %e = tensor.empty() : tensor<1x3xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
    %0 = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
    return %0 : tensor<1x3xf32>
  }
}

// -----

// expected-error @+2 {{operators that cannot be imported: linalg.broadcast, linalg.fill}}
module {
  func.func @widened(%x: tensor<4xf32>) -> (tensor<2x4xf32>, tensor<1x4xf32>) {
    %one = arith.constant 1.0 : f32
    %e = tensor.empty() : tensor<2x4xf32>
    %f = tensor.empty() : tensor<1x4xf32>
    // expected-note @+1 {{widens a value for an op that does not broadcast by itself}}
    %0 = linalg.broadcast ins(%x : tensor<4xf32>) outs(%e : tensor<2x4xf32>) dimensions = [0]
    // expected-note @+1 {{fills a value for an op that does not broadcast by itself; make it a constant}}
    %1 = linalg.fill ins(%one : f32) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
    return %0, %1 : tensor<2x4xf32>, tensor<1x4xf32>
  }
}

// -----

!wide = !quant.uniform<u16:f32, 0.5:300>
func.func @sixteen_bits(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{makes codes of 16 bits; programs run on 2 to 8 bits (N1)}}
  %0 = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!wide>
  %1 = quant.dcast %0 : tensor<2x3x!wide> to tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

!channels = !quant.uniform<i8:f32:1, {2.0:10, 3.0:20, 4.0:30}>
func.func @per_channel(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{quantizes an activation per channel; activations have one scale (N1)}}
  %0 = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!channels>
  %1 = quant.dcast %0 : tensor<2x3x!channels> to tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

// expected-error @+2 {{operators that cannot be imported: tensor.extract_slice, tosa.transpose_conv2d, linalg.pooling_nchw_max, linalg.pooling_nchw_sum, linalg.matmul}}
module {
  func.func @forms(%x: tensor<1x4x4x4xf32>, %n: tensor<4x4xf32>) -> (tensor<4x4x4xf32>, tensor<1x5x5x4xf32>, tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>, tensor<4x4xf32>) {
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %w = "tosa.const"() <{values = dense<0.5> : tensor<4x1x1x4xf32>}> : () -> tensor<4x1x1x4xf32>
    %b = "tosa.const"() <{values = dense<0.0> : tensor<4xf32>}> : () -> tensor<4xf32>
    %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
    %k = tensor.empty() : tensor<2x2xf32>
    %e = tensor.empty() : tensor<1x4x2x2xf32>
    %e2 = tensor.empty() : tensor<4x4xf32>
    %f0 = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
    %f1 = linalg.fill ins(%one : f32) outs(%e : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
    // expected-note @+1 {{drops dimensions; use tensor.collapse_shape behind the slice}}
    %0 = tensor.extract_slice %x[0, 0, 0, 0] [1, 4, 4, 4] [1, 1, 1, 1] : tensor<1x4x4x4xf32> to tensor<4x4x4xf32>
    // expected-note @+1 {{pads its result; only the cropping that other frameworks call padding is read}}
    %1 = tosa.transpose_conv2d %x, %w, %b, %z, %z {acc_type = f32, out_pad = array<i64: 0, 1, 0, 1>, stride = array<i64: 1, 1>} : (tensor<1x4x4x4xf32>, tensor<4x1x1x4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x5x5x4xf32>
    // expected-note @+1 {{does not start from -infinity}}
    %2 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%x, %k : tensor<1x4x4x4xf32>, tensor<2x2xf32>) outs(%f0 : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
    // expected-note @+1 {{does not start from 0}}
    %3 = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%x, %k : tensor<1x4x4x4xf32>, tensor<2x2xf32>) outs(%f1 : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
    // expected-note @+1 {{accumulates onto a value that is not read; expected a fill with 0 or a bias}}
    %4 = linalg.matmul ins(%n, %n : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e2 : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0, %1, %2, %3, %4 : tensor<4x4x4xf32>, tensor<1x5x5x4xf32>, tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>, tensor<4x4xf32>
  }
}

// -----

// A cast that would lose bits is no identity.
#same = affine_map<(d0, d1) -> (d0, d1)>
// expected-error @+2 {{operators that cannot be imported: tosa.cast, linalg.generic}}
module {
  func.func @narrowing(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xbf16>) {
    // expected-note @+1 {{rounds to f16, which the network here would not; export it in f32}}
    %0 = tosa.cast %x : (tensor<2x4xf32>) -> tensor<2x4xf16>
    %1 = tosa.cast %0 : (tensor<2x4xf16>) -> tensor<2x4xf32>
    %e = tensor.empty() : tensor<2x4xbf16>
    // expected-note @+1 {{rounds to bf16, which the network here would not; export it in f32}}
    %2 = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<2x4xf32>) outs(%e : tensor<2x4xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %t = arith.truncf %in : f32 to bf16
      linalg.yield %t : bf16
    } -> tensor<2x4xbf16>
    return %1, %2 : tensor<2x4xf32>, tensor<2x4xbf16>
  }
}
