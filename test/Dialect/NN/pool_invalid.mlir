// Constraints of pools, means, resize.
// One case per label, and more where a label has several parts.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @max_pool2d_c1(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c1] expected an input of rank 4, got 'tensor<3x8x8xf32>'}}
  nn.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<3x8x8xf32>) -> tensor<3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c2_kernel(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c2] expected a kernel of two positive sizes, got [2]}}
  nn.max_pool2d %x {kernel = array<i64: 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c2_stride(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c2] expected two positive strides, got [1, 0]}}
  nn.max_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 1, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c2_padding(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c2] expected padding [top, left, bottom, right]}}
  nn.max_pool2d %x {kernel = array<i64: 2, 2>, padding = array<i64: 1, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c2_dilation(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c2] expected two positive dilations}}
  nn.max_pool2d %x {dilation = array<i64: 0, 1>, kernel = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c3(%x: tensor<1x3x1x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c3] a window of 2 does not fit into the padded input of dimension 2}}
  nn.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x3x1x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @max_pool2d_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[max_pool2d_c4] padding 2, 0 is not smaller than the window of 2}}
  nn.max_pool2d %x {kernel = array<i64: 2, 2>, padding = array<i64: 2, 0, 0, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c1(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c1] expected an input of rank 4, got 'tensor<3x8x8xf32>'}}
  nn.avg_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<3x8x8xf32>) -> tensor<3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c2_kernel(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c2] expected a kernel of two positive sizes, got [2]}}
  nn.avg_pool2d %x {kernel = array<i64: 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c2_stride(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c2] expected two positive strides, got [1, 0]}}
  nn.avg_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 1, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c2_padding(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c2] expected padding [top, left, bottom, right]}}
  nn.avg_pool2d %x {kernel = array<i64: 2, 2>, padding = array<i64: 1, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c3(%x: tensor<1x3x1x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c3] a window of 2 does not fit into the padded input of dimension 2}}
  nn.avg_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x3x1x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @avg_pool2d_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[avg_pool2d_c4] padding 2, 0 is not smaller than the window of 2}}
  nn.avg_pool2d %x {kernel = array<i64: 2, 2>, padding = array<i64: 2, 0, 0, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x7x7xf32>
  return
}

// -----

func.func @resize_nearest_c1(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{[resize_nearest_c1] expected an input of rank 4}}
  nn.resize_nearest %x {coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode floor>, output_size = array<i64: 4, 4>, scales = #nn.numbers<0.5, 0.5>} : (tensor<3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @resize_nearest_c2_size(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[resize_nearest_c2] expected two positive sizes and scales}}
  nn.resize_nearest %x {coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode floor>, output_size = array<i64: 4, 0>, scales = #nn.numbers<0.5, 0.5>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @resize_nearest_c2_scale(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[resize_nearest_c2] expected two positive sizes and scales}}
  nn.resize_nearest %x {coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode floor>, output_size = array<i64: 4, 4>, scales = #nn.numbers<0.5, -0.5>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @resize_bilinear_c1(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{[resize_bilinear_c1] expected an input of rank 4}}
  nn.resize_bilinear %x {coord_mode = #nn<coord_mode half_pixel>, output_size = array<i64: 4, 4>, scales = #nn.numbers<0.5, 0.5>} : (tensor<3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @resize_bilinear_c2_size(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[resize_bilinear_c2] expected two positive sizes and scales}}
  nn.resize_bilinear %x {coord_mode = #nn<coord_mode half_pixel>, output_size = array<i64: 4, 0>, scales = #nn.numbers<0.5, 0.5>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @resize_bilinear_c2_scale(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[resize_bilinear_c2] expected two positive sizes and scales}}
  nn.resize_bilinear %x {coord_mode = #nn<coord_mode half_pixel>, output_size = array<i64: 4, 4>, scales = #nn.numbers<0.5, -0.5>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @adaptive_avg_pool2d_c1(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{[adaptive_avg_pool2d_c1] expected an input of rank 4}}
  nn.adaptive_avg_pool2d %x {output_size = array<i64: 1, 1>} : (tensor<3x8x8xf32>) -> tensor<3x1x1xf32>
  return
}

// -----

func.func @adaptive_avg_pool2d_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[adaptive_avg_pool2d_c2] expected two positive output sizes, got [0, 1]}}
  nn.adaptive_avg_pool2d %x {output_size = array<i64: 0, 1>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x1x1xf32>
  return
}

// -----

func.func @reduce_mean_c1_range(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[reduce_mean_c1] expected distinct axes within the rank of 'tensor<1x3x8x8xf32>', got [4]}}
  nn.reduce_mean %x {axes = array<i64: 4>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @reduce_mean_c1_twice(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[reduce_mean_c1] expected distinct axes}}
  nn.reduce_mean %x {axes = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x1x8xf32>
  return
}

// -----

func.func @reduce_mean_c1_empty(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{[reduce_mean_c1] expected at least one axis}}
  nn.reduce_mean %x {axes = array<i64>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @reduce_mean_c1_unknown(%x: tensor<?x3x8x8xf32>) {
  // expected-error@+1 {{[reduce_mean_c1] axis 0 has an unknown size}}
  nn.reduce_mean %x {axes = array<i64: 0>} : (tensor<?x3x8x8xf32>) -> tensor<1x3x8x8xf32>
  return
}
