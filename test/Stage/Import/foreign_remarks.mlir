// What stays float in a network that is quantized is named, with its place and the reason.
// RUN: qopt %s --qopt-qdq-to-integer --split-input-file --verify-diagnostics -o /dev/null

!q = !quant.uniform<i8:f32, 0.25>
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @not_quantized_behind(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %q = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!q>
  %d = quant.dcast %q : tensor<1x4x!q> to tensor<1x4xf32>
  // expected-remark @+1 {{sigmoid 'sigmoid' left in float: its result has no quantization point}}
  %0 = tosa.sigmoid %d : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

!q = !quant.uniform<i8:f32, 0.25>
func.func @not_quantized_before(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-remark @+1 {{tanh 'tanh' left in float: its input 'arg0' is float and has no quantization point}}
  %0 = tosa.tanh %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %q = quant.qcast %0 : tensor<1x4xf32> to tensor<1x4x!q>
  %d = quant.dcast %q : tensor<1x4x!q> to tensor<1x4xf32>
  return %d : tensor<1x4xf32>
}

// -----

!q = !quant.uniform<i8:f32, 0.25>
func.func @no_integer_form(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %q = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!q>
  %d = quant.dcast %q : tensor<1x4x!q> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  // expected-remark @+1 {{softmax 'softmax' left in float: softmax has no integer form (N14)}}
  %0 = linalg.softmax dimension(1) ins(%d : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %r = quant.qcast %0 : tensor<1x4xf32> to tensor<1x4x!q>
  %y = quant.dcast %r : tensor<1x4x!q> to tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
