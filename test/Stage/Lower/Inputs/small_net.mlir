// A convolution, a depthwise one, a residual, a mean and a linear layer.
!x = !quant.uniform<u8:f32, 5.000000e-02:100>
!y = !quant.uniform<i8:f32, 7.000000e-02:10>
!w = !quant.uniform<i8:f32:0, {2.0e-02, 1.0e-2, 3.0e-2, 4.0e-2}>
!b = !quant.uniform<i32:f32:0, {1.0e-03, 5.0e-4, 1.5e-3, 2.0e-3}>
!lw = !quant.uniform<i8:f32, 1.0e-02>
func.func @main(%x: tensor<?x2x6x5xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "xq"} : tensor<?x2x6x5xf32> -> tensor<?x2x6x5x!x>
  %w = nn.parameter "w" dense<[[[[1, 20], [3, 4]], [[-50, 6], [7, 8]]], [[[9, 10], [-11, 12]], [[13, 14], [15, 16]]], [[[17, -18], [19, 20]], [[21, 22], [-23, 24]]], [[[25, 26], [27, 28]], [[29, -30], [31, 32]]]]> : tensor<4x2x2x2xi8> -> tensor<4x2x2x2x!w>
  %b = nn.parameter "b" dense<[10, -20, 30, 40]> : tensor<4xi32> -> tensor<4x!b>
  %c = nn.conv2d %q, %w, %b act <relu> {nn.name = "conv", padding = array<i64: 1, 0, 0, 1>} : (tensor<?x2x6x5x!x>, tensor<4x2x2x2x!w>, tensor<4x!b>) -> tensor<?x4x6x5x!y>
  %dw = nn.parameter "dw" dense<[[[[1, 2, 3], [4, -5, 6], [7, 8, 9]]], [[[-1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[1, 2, -3], [4, 5, 6], [7, 8, 9]]], [[[1, 2, 3], [4, 5, 6], [7, -8, 9]]]]> : tensor<4x1x3x3xi8> -> tensor<4x1x3x3x!w>
  %e = nn.conv2d %c, %dw {groups = 4 : i64, nn.name = "depthwise", padding = array<i64: 1, 1, 1, 1>} : (tensor<?x4x6x5x!y>, tensor<4x1x3x3x!w>) -> tensor<?x4x6x5x!y>
  %s = nn.add %c, %e {nn.name = "sum"} : (tensor<?x4x6x5x!y>, tensor<?x4x6x5x!y>) -> tensor<?x4x6x5x!x>
  %p = nn.adaptive_avg_pool2d %s {output_size = array<i64: 1, 1>, nn.name = "pool"} : (tensor<?x4x6x5x!x>) -> tensor<?x4x1x1x!y>
  %f = nn.flatten %p {nn.name = "flat"} : (tensor<?x4x1x1x!y>) -> tensor<?x4x!y>
  %lw = nn.parameter "lw" dense<[[1, 2, 3, 4], [5, 6, 7, 8], [-9, -10, 11, 12]]> : tensor<3x4xi8> -> tensor<3x4x!lw>
  %l = nn.linear %f, %lw {nn.name = "fc"} : (tensor<?x4x!y>, tensor<3x4x!lw>) -> tensor<?x3x!y>
  %d = qopt.dequantize %l {nn.name = "y"} : tensor<?x3x!y> -> tensor<?x3xf32>
  return %d : tensor<?x3xf32>
}
