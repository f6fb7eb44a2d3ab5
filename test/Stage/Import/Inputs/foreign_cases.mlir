// Small functions as upstream's own tests of tosa, linalg and quant have them, most of which no network is made
// of. Each has to be taken or refused by every pass.
func.func @argmax(%x: tensor<14x19xf32>) -> tensor<14xi32> {
  %0 = tosa.argmax %x {axis = 1 : i32} : (tensor<14x19xf32>) -> tensor<14xi32>
  return %0 : tensor<14xi32>
}

// -----
func.func @avg_pool_quantized(%x: tensor<1x7x7x9x!quant.uniform<i8:f32, 0.01>>) -> tensor<1x7x7x9x!quant.uniform<i8:f32, 0.01>> {
  %z = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.avg_pool2d %x, %z, %z {acc_type = i32, kernel = array<i64: 2, 2>, pad = array<i64: 0, 1, 0, 1>, stride = array<i64: 1, 1>} : (tensor<1x7x7x9x!quant.uniform<i8:f32, 0.01>>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x7x7x9x!quant.uniform<i8:f32, 0.01>>
  return %0 : tensor<1x7x7x9x!quant.uniform<i8:f32, 0.01>>
}

// -----
func.func @conv2d_weight_argument(%x: tensor<1x4x4x4xf32>, %w: tensor<8x1x1x4xf32>, %b: tensor<8xf32>) -> tensor<1x4x4x8xf32> {
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %0 = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x4xf32>, tensor<8x1x1x4xf32>, tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x8xf32>
  return %0 : tensor<1x4x4x8xf32>
}

// -----
func.func @conv3d(%x: tensor<1x4x8x21x17xf32>, %w: tensor<34x1x1x1x17xf32>, %b: tensor<34xf32>) -> tensor<1x4x8x21x34xf32> {
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %0 = tosa.conv3d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1, 1>, pad = array<i64: 0, 0, 0, 0, 0, 0>, stride = array<i64: 1, 1, 1>} : (tensor<1x4x8x21x17xf32>, tensor<34x1x1x1x17xf32>, tensor<34xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x8x21x34xf32>
  return %0 : tensor<1x4x8x21x34xf32>
}

// -----
func.func @dynamic_sizes(%x: tensor<?x?x?x3xf32>) -> tensor<?x?x?x3xf32> {
  %0 = tosa.sigmoid %x : (tensor<?x?x?x3xf32>) -> tensor<?x?x?x3xf32>
  return %0 : tensor<?x?x?x3xf32>
}

// -----
func.func @broadcast_both(%x: tensor<13x1x1xf32>, %y: tensor<1x21x3xf32>) -> tensor<13x21x3xf32> {
  %0 = tosa.add %x, %y : (tensor<13x1x1xf32>, tensor<1x21x3xf32>) -> tensor<13x21x3xf32>
  return %0 : tensor<13x21x3xf32>
}

// -----
func.func @select(%c: tensor<1x4xi1>, %x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = tosa.select %c, %x, %y : (tensor<1x4xi1>, tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----
func.func @reduce_max(%x: tensor<13x21x3xf32>) -> tensor<1x21x3xf32> {
  %0 = tosa.reduce_max %x {axis = 0 : i32} : (tensor<13x21x3xf32>) -> tensor<1x21x3xf32>
  return %0 : tensor<1x21x3xf32>
}

// -----
func.func @reduce_sum_alone(%x: tensor<13x21x3xf32>) -> tensor<1x21x3xf32> {
  %0 = tosa.reduce_sum %x {axis = 0 : i32} : (tensor<13x21x3xf32>) -> tensor<1x21x3xf32>
  return %0 : tensor<1x21x3xf32>
}

// -----
func.func @rescale(%x: tensor<13x21x3xi8>) -> tensor<13x21x3xi32> {
  %m = "tosa.const"() <{values = dense<1073741824> : tensor<1xi32>}> : () -> tensor<1xi32>
  %s = "tosa.const"() <{values = dense<30> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zi = "tosa.const"() <{values = dense<127> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zo = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %0 = tosa.rescale %x, %m, %s, %zi, %zo {scale32 = true, rounding_mode = SINGLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = false} : (tensor<13x21x3xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<13x21x3xi32>
  return %0 : tensor<13x21x3xi32>
}

// -----
func.func @no_arguments() -> tensor<2xf32> {
  %0 = "tosa.const"() <{values = dense<[1.0, 2.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----
func.func @no_results(%x: tensor<2xf32>) {
  return
}

// -----
func.func @identity(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  return %x, %x : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %0 = tosa.tanh %x : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----
func.func @empty_tensor(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
  %e = tensor.empty() : tensor<0x4xf32>
  %0 = linalg.add ins(%x, %x : tensor<0x4xf32>, tensor<0x4xf32>) outs(%e : tensor<0x4xf32>) -> tensor<0x4xf32>
  return %0 : tensor<0x4xf32>
}

// -----
func.func @not_finite(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c = "tosa.const"() <{values = dense<0x7FC00000> : tensor<1x4xf32>}> : () -> tensor<1x4xf32>
  %0 = tosa.add %x, %c : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----
func.func @half(%x: tensor<1x4xf16>) -> tensor<1x4xf16> {
  %0 = tosa.clamp %x {min_val = -1.0 : f16, max_val = 1.0 : f16} : (tensor<1x4xf16>) -> tensor<1x4xf16>
  return %0 : tensor<1x4xf16>
}

// -----
func.func @gather(%x: tensor<13x21x3xf32>, %i: tensor<13x26xi32>) -> tensor<13x26x3xf32> {
  %0 = tosa.gather %x, %i : (tensor<13x21x3xf32>, tensor<13x26xi32>) -> tensor<13x26x3xf32>
  return %0 : tensor<13x26x3xf32>
}

// -----
func.func @control_flow(%x: tensor<1x4xf32>, %c: i1) -> tensor<1x4xf32> {
  cf.cond_br %c, ^a, ^b
^a:
  return %x : tensor<1x4xf32>
^b:
  %0 = tosa.tanh %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----
func.func @cond_if(%x: tensor<f32>, %y: tensor<f32>, %c: tensor<i1>) -> tensor<f32> {
  %0 = tosa.cond_if %c (%a = %x, %b = %y) : tensor<i1> (tensor<f32>, tensor<f32>) -> tensor<f32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tosa.yield %a : tensor<f32>
  } else {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tosa.yield %b : tensor<f32>
  }
  return %0 : tensor<f32>
}

// -----
func.func private @external(tensor<1x4xf32>) -> tensor<1x4xf32>
func.func @call(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = func.call @external(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----
func.func @memref(%x: memref<4x4xf32>) {
  return
}

// -----
func.func @matmul_accumulates(%x: tensor<2x4xf32>, %y: tensor<4x3xf32>, %c: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = linalg.matmul ins(%x, %y : tensor<2x4xf32>, tensor<4x3xf32>) outs(%c : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----
func.func @matmul_into_empty(%x: tensor<2x4xf32>, %y: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.matmul ins(%x, %y : tensor<2x4xf32>, tensor<4x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----
func.func @matmul_integers(%x: tensor<2x4xi8>, %y: tensor<4x3xi8>) -> tensor<2x3xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<2x3xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<2x3xi32>) -> tensor<2x3xi32>
  %0 = linalg.matmul ins(%x, %y : tensor<2x4xi8>, tensor<4x3xi8>) outs(%f : tensor<2x3xi32>) -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----
#a = affine_map<(m, n, k) -> (k, m)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @matmul_transposed(%x: tensor<4x2xf32>, %y: tensor<3x4xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %0 = linalg.matmul indexing_maps = [#a, #b, #c] ins(%x, %y : tensor<4x2xf32>, tensor<3x4xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----
#rows = affine_map<(m, n, k) -> (k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @matmul_broadcast(%x: tensor<4xf32>, %y: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %0 = linalg.matmul indexing_maps = [#rows, #b, #c] ins(%x, %y : tensor<4xf32>, tensor<4x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----
func.func @dot(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<f32> {
  %e = tensor.empty() : tensor<f32>
  %0 = linalg.dot ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----
func.func @conv_1d(%x: tensor<10xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----
func.func @pool_window_argument(%x: tensor<1x1x4x4xf32>, %k: tensor<2x2xf32>) -> tensor<1x1x3x3xf32> {
  %e = tensor.empty() : tensor<1x1x3x3xf32>
  %0 = linalg.pooling_nchw_sum {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %k : tensor<1x1x4x4xf32>, tensor<2x2xf32>) outs(%e : tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  return %0 : tensor<1x1x3x3xf32>
}

// -----
#in = affine_map<(d0, d1) -> (d0 * 2 + d1)>
#window = affine_map<(d0, d1) -> (d1)>
#out = affine_map<(d0, d1) -> (d0)>
func.func @generic_window(%x: tensor<9xf32>, %w: tensor<3xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#in, #window, #out], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<9xf32>, tensor<3xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>
func.func @generic_index(%x: tensor<3x4xf32>, %y: tensor<4x3xf32>) -> tensor<3x4xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #t, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %y : tensor<3x4xf32>, tensor<4x3xf32>) outs(%e : tensor<3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i32
    %k = arith.sitofp %j : i32 to f32
    %s = arith.addf %a, %k : f32
    linalg.yield %s : f32
  } -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>
func.func @generic_transposes(%x: tensor<3x4xf32>, %y: tensor<4x3xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %e = tensor.empty() : tensor<3x4xf32>
  %0:2 = linalg.generic {indexing_maps = [#id, #t, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %y : tensor<3x4xf32>, tensor<4x3xf32>) outs(%e, %e : tensor<3x4xf32>, tensor<3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32, %p: f32):
    linalg.yield %a, %b : f32, f32
  } -> (tensor<3x4xf32>, tensor<3x4xf32>)
  return %0#0, %0#1 : tensor<3x4xf32>, tensor<3x4xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @generic_captures(%x: tensor<3x4xf32>, %s: f32) -> tensor<3x4xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.mulf %a, %s : f32
    linalg.yield %m : f32
  } -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @generic_reads_start(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<3x4xf32>) outs(%y : tensor<3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.addf %a, %o : f32
    linalg.yield %m : f32
  } -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----
func.func @fill_only(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<1x4xf32>
  %0 = linalg.fill ins(%one : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----
func.func @empty_result(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  return %e : tensor<1x4xf32>
}

// -----
func.func @broadcast_result(%x: tensor<4xf32>) -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %0 = linalg.broadcast ins(%x : tensor<4xf32>) outs(%e : tensor<2x4xf32>) dimensions = [0]
  return %0 : tensor<2x4xf32>
}

// -----
func.func @extract_slice(%x: tensor<8x16x4xf32>) -> tensor<16x4xf32> {
  %0 = tensor.extract_slice %x[0, 0, 0] [1, 16, 4] [1, 1, 1] : tensor<8x16x4xf32> to tensor<16x4xf32>
  return %0 : tensor<16x4xf32>
}

// -----
func.func @insert_slice(%x: tensor<2x4xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = tensor.insert_slice %x into %y[1, 0] [2, 4] [2, 1] : tensor<2x4xf32> into tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----
func.func @pad_computed(%x: tensor<4x4xf32>, %v: f32, %n: index) -> tensor<?x4xf32> {
  %0 = tensor.pad %x low[%n, 0] high[0, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %v : f32
  } : tensor<4x4xf32> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----
func.func @collapse_unknown(%x: tensor<?x?x4xf32>) -> tensor<?x4xf32> {
  %0 = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x4xf32> into tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----
!qalias = !quant.uniform<i8:f32, 2.0:10>
func.func @qcast_scalar(%x: f32) -> !qalias {
  %0 = quant.qcast %x : f32 to !qalias
  return %0 : !qalias
}

// -----
!qalias = !quant.uniform<i8:f32:1, {2.0:10, 3.0:20, 4.0:30}>
func.func @per_axis_activation(%x: tensor<2x3xf32>) -> tensor<2x3x!qalias> {
  %0 = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!qalias>
  return %0 : tensor<2x3x!qalias>
}

// -----
!qalias = !quant.uniform<i8:f32:{0:2, 1:2}, {{2.0:10, 3.0:20}, {4.0:30, 5.0:40}}>
func.func @blocks(%x: tensor<4x4xf32>) -> tensor<4x4x!qalias> {
  %0 = quant.qcast %x : tensor<4x4xf32> to tensor<4x4x!qalias>
  return %0 : tensor<4x4x!qalias>
}

// -----
!qalias = !quant.uniform<i8<-8:7>:f32, 0.5:3>
func.func @narrow_range(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!qalias>
  %1 = quant.dcast %0 : tensor<2x3x!qalias> to tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----
!qalias = !quant.uniform<u16:f32, 0.5:3>
func.func @wide(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!qalias>
  %1 = quant.dcast %0 : tensor<2x3x!qalias> to tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----
!qalias = !quant.uniform<i8:f16, 0.5:3>
func.func @of_half(%x: tensor<2x3xf16>) -> tensor<2x3xf16> {
  %0 = quant.qcast %x : tensor<2x3xf16> to tensor<2x3x!qalias>
  %1 = quant.dcast %0 : tensor<2x3x!qalias> to tensor<2x3xf16>
  return %1 : tensor<2x3xf16>
}

// -----
!qalias = !quant.uniform<i8:f32, 0.5:3>
func.func @scast_both(%x: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %0 = quant.scast %x : tensor<2x3xi8> to tensor<2x3x!qalias>
  %1 = quant.scast %0 : tensor<2x3x!qalias> to tensor<2x3xi8>
  return %1 : tensor<2x3xi8>
}

// -----
!qalias = !quant.uniform<i8:f32, 0.5:3>
func.func @dcast_argument(%x: tensor<2x3x!qalias>) -> tensor<2x3xf32> {
  %0 = quant.dcast %x : tensor<2x3x!qalias> to tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
