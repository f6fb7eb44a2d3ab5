// RUN: qopt %s --split-input-file --verify-diagnostics

// expected-error @below {{[program_c1] unknown ISA 'sse'; expected one of scalar, avx2, avxvnni, avx512vnni, neon, neon_dot, neon_i8mm}}
ukernel.program @p isa("sse") {
}

// -----

// expected-error @below {{expected at least one element, got 0}}
func.func private @f(!ukernel.buffer<0 x i8>)

// -----

// expected-error @below {{expected elements of type i8 or f32, got 'f64'}}
func.func private @f(!ukernel.buffer<4 x f64>)

// -----

ukernel.program @p isa("scalar") {
  // expected-error @below {{[input_c1] 'tensor<?x3x2xf32>' has 6 elements a sample, the buffer 5}}
  %x = ukernel.input 0 "x" tensor<?x3x2xf32> : <5 x f32>
}

// -----

ukernel.program @p isa("scalar") {
  // expected-error @below {{[output_c2] expected index 0, got 1}}
  %x = ukernel.output 1 "x" tensor<?x3x2xf32> : <6 x f32>
}

// -----

ukernel.program @p isa("scalar") attributes {fixed_batch = 2 : i64} {
  // expected-error @below {{[input_c1] 'tensor<2x3xf32>' has 3 elements a sample, the buffer 6}}
  %x = ukernel.input 0 "x" tensor<2x3xf32> : <6 x f32>
}

// -----

ukernel.program @p isa("scalar") attributes {arena_bytes = 64 : i64} {
  // expected-error @below {{[alloc_c1] bytes 32 to 40 must start at a multiple of 64 and lie in the arena of 64}}
  %x = ukernel.alloc at 32 : <8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  // expected-error @below {{[constant_c1] 8 bytes of data do not fill '!ukernel.buffer<4 x f32>'}}
  %x = ukernel.constant dense<1.0> : tensor<2xf32> : <4 x f32>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[tensor_c1] 'tensor<?x3xf32>' needs 2 strides, got 1}}
  ukernel.tensor %x "x" tensor<?x3xf32> strides [3] : <8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[tensor_c2] samples lie 8 elements apart in the buffer, got a stride of 3}}
  ukernel.tensor %x "x" tensor<?x3xf32> strides [3, 1] : <8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[tensor_c2] a sample's elements lie at 2 to 8, outside of the 8 of the buffer}}
  ukernel.tensor %x "x" tensor<?x3xf32> at 2 strides [8, 3] : <8 x i8>
}

// -----

// A fixed batch of 1 is a dimension like any other.
ukernel.program @p isa("scalar") attributes {fixed_batch = 1 : i64} {
  %x = ukernel.alloc : <8 x i8>
  ukernel.tensor %x "x" tensor<1x3xf32> at 6 strides [5, -3] : <8 x i8>
  // expected-error @below {{[tensor_c2] a sample's elements lie at -1 to 5, outside of the 8 of the buffer}}
  ukernel.tensor %x "x" tensor<1x3xf32> at 5 strides [5, -3] : <8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c1] expected 0 to 0 inputs, got 1}}
  ukernel.fill @qrt_fill_scalar ins(%x) outs(%x) params {
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    : (!ukernel.buffer<8 x i8>) -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c2] parameter 'count' is missing}}
  ukernel.fill @qrt_fill_scalar ins() outs(%x) params {
    element_bytes = 1 : i32, value = 7 : i32, value_f32 = 0.0 : f32} : () -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c2] parameter 'count' expects an i32, got 8 : i64}}
  ukernel.fill @qrt_fill_scalar ins() outs(%x) params {
    element_bytes = 1 : i32, count = 8 : i64, value = 7 : i32, value_f32 = 0.0 : f32}
    : () -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c2] unknown parameter "colour" of kind fill}}
  ukernel.fill @qrt_fill_scalar ins() outs(%x) params {colour = 1 : i32,
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    : () -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c3] 'qrt_table_scalar' is not a kernel of kind fill}}
  ukernel.fill @qrt_table_scalar ins() outs(%x) params {
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    : () -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.alloc : <256 x i8>
  // expected-error @below {{[call_c2] parameter 'dims' expects array<i32> of 8, got array<i32: 1, 2>}}
  ukernel.copy @qrt_copy_scalar ins(%x) outs(%x) params {
    element_bytes = 1 : i32, dims = array<i32: 1, 2>, in_strides = array<i32: 1, 2>,
    out_strides = array<i32: 1, 2>, in_offset = 0 : i32, out_offset = 0 : i32,
    in_batch_stride = 0 : i32, out_batch_stride = 0 : i32}
    : (!ukernel.buffer<256 x i8>) -> !ukernel.buffer<256 x i8>
}

// -----

ukernel.program @p isa("scalar") attributes {prepared_bytes = 128 : i64} {
  %x = ukernel.alloc : <8 x i8>
  // expected-error @below {{[call_c4] kernel 'qrt_fill_scalar' prepares no weights, so it has no place for them}}
  ukernel.fill @qrt_fill_scalar ins() outs(%x) params {
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    prepared at 64 : () -> !ukernel.buffer<8 x i8>
}

// -----

ukernel.program @p isa("avx2") attributes {prepared_bytes = 128 : i64} {
  %i = ukernel.alloc : <16 x i8>
  // expected-error @below {{[call_c4] kernel 'qrt_winograd43_avx2' needs a place for its prepared weights: a multiple of 64 below the program's 128 bytes}}
  ukernel.conv2d @qrt_winograd43_avx2 ins(%i) outs(%i) params {
    in_h = 4 : i32, in_w = 4 : i32, in_c = 1 : i32, out_h = 4 : i32, out_w = 4 : i32, out_c = 1 : i32,
    kernel_h = 3 : i32, kernel_w = 3 : i32, stride_h = 1 : i32, stride_w = 1 : i32,
    pad_top = 1 : i32, pad_left = 1 : i32, dilation_h = 1 : i32, dilation_w = 1 : i32,
    groups = 1 : i32, in_signed = 0 : i32, in_zero_point = 0 : i32, out_signed = 0 : i32,
    out_zero_point = 0 : i32, out_min = 0 : i32, out_max = 255 : i32, output_f32 = 0 : i32,
    residual_kind = 0 : i32, residual_signed = 0 : i32, residual_zero_point = 0 : i32,
    residual_multiplier = 0.0 : f32, mid_signed = 0 : i32, mid_zero_point = 0 : i32,
    mid_min = 0 : i32, mid_max = 0 : i32, mid_multiplier = 0.0 : f32,
    packed = dense<2> : tensor<272xi8>, bias = dense<0> : tensor<1xi32>,
    multiplier = dense<1.0> : tensor<1xf32>} prepared at 128
    : (!ukernel.buffer<16 x i8>) -> !ukernel.buffer<16 x i8>
}
