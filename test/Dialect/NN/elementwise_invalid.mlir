// Constraints of activations, binary and scalar ops, softmax, and of the parameters of `act`.
// One case per label.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @prelu_c1(%x: tensor<1x3x2xf32>, %s: tensor<2xf32>) {
  // expected-error@+1 {{[prelu_c1] expected 1 slope or one per channel of 'tensor<1x3x2xf32>', got 2}}
  nn.prelu %x, %s : (tensor<1x3x2xf32>, tensor<2xf32>) -> tensor<1x3x2xf32>
  return
}

// -----

func.func @add_c1(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{[add_c1] shapes do not broadcast: 'tensor<2x3xf32>' and 'tensor<2x4xf32>'}}
  nn.add %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @sub_c1(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{[sub_c1] shapes do not broadcast: 'tensor<2x3xf32>' and 'tensor<2x4xf32>'}}
  nn.sub %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @mul_c1(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{[mul_c1] shapes do not broadcast: 'tensor<2x3xf32>' and 'tensor<2x4xf32>'}}
  nn.mul %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @div_c1(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{[div_c1] shapes do not broadcast: 'tensor<2x3xf32>' and 'tensor<2x4xf32>'}}
  nn.div %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @add_c2(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{[add_c2] only relu, relu6 and clip fuse here}}
  nn.add %x, %x act <sigmoid> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @sub_c2(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{[sub_c2] only relu, relu6 and clip fuse here}}
  nn.sub %x, %x act <sigmoid> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @mul_c2(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{[mul_c2] only relu, relu6 and clip fuse here}}
  nn.mul %x, %x act <sigmoid> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @div_c2(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{[div_c2] only relu, relu6 and clip fuse here}}
  nn.div %x, %x act <sigmoid> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{[softmax_c1] axis 2 lies outside the rank of 'tensor<2x3xf32>'}}
  nn.softmax %x {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @relu_shape(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{result 0 has type 'tensor<2x4xf32>' but its shape is 'tensor<2x3xf32>'}}
  nn.relu %x : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @act_unknown(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{unknown activation 'swish'; expected relu, relu6, clip}}
  nn.add %x, %x act <swish> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @act_clip(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{clip expects a lower bound not above the upper, got [2.}}
  nn.add %x, %x act <clip, 2.0, 1.0> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @act_nan(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{activation parameters must be numbers}}
  nn.add %x, %x act <clip, 0x7FF8000000000000, 1.0> : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
