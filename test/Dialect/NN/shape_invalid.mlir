// Constraints of the ops that move codes.
// One case per label, and more where a label has several parts.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @reshape_c1_negative(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[reshape_c1] expected positive sizes, 0 to keep a dimension of 'tensor<2x4x6xf32>' or one -1, got [-2, 24]}}
  nn.reshape %x {shape = array<i64: -2, 24>} : (tensor<2x4x6xf32>) -> tensor<2x24xf32>
  return
}

// -----

func.func @reshape_c1_two(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[reshape_c1] expected positive sizes}}
  nn.reshape %x {shape = array<i64: -1, -1>} : (tensor<2x4x6xf32>) -> tensor<2x24xf32>
  return
}

// -----

func.func @reshape_c1_keep(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[reshape_c1] expected positive sizes}}
  nn.reshape %x {shape = array<i64: 2, 24, 1, 0>} : (tensor<2x4x6xf32>) -> tensor<2x24x1x1xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[reshape_c2] cannot reshape 'tensor<2x4x6xf32>' to [2, 23]}}
  nn.reshape %x {shape = array<i64: 2, 23>} : (tensor<2x4x6xf32>) -> tensor<2x23xf32>
  return
}

// -----

func.func @reshape_c2_rest(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[reshape_c2] cannot reshape 'tensor<2x4x6xf32>' to [-1, 5]}}
  nn.reshape %x {shape = array<i64: -1, 5>} : (tensor<2x4x6xf32>) -> tensor<9x5xf32>
  return
}

// -----

func.func @flatten_c1(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[flatten_c1] axis 4 lies outside [0, 3]}}
  nn.flatten %x {axis = 4 : i64} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[transpose_c1] expected a permutation of 3 dimensions, got [0, 1, 1]}}
  nn.transpose %x {perm = array<i64: 0, 1, 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x4xf32>
  return
}

// -----

func.func @slice_c1_lists(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c1] expected one start, end and step for each of 2 axes}}
  nn.slice %x {axes = array<i64: 1, 2>, ends = array<i64: 1, 1>, starts = array<i64: 0>, steps = array<i64: 1, 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @slice_c1_axis(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c1] expected distinct axes within the rank of 'tensor<2x4x6xf32>', got [3]}}
  nn.slice %x {axes = array<i64: 3>, ends = array<i64: 1>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @slice_c1_twice(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c1] expected distinct axes}}
  nn.slice %x {axes = array<i64: 1, 1>, ends = array<i64: 1, 1>, starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @slice_c2_end(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c2] expected 0 <= start < end <= 4 and a positive step along axis 1, got 0:5:1}}
  nn.slice %x {axes = array<i64: 1>, ends = array<i64: 5>, starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @slice_c2_empty(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c2] expected 0 <= start < end <= 4}}
  nn.slice %x {axes = array<i64: 1>, ends = array<i64: 2>, starts = array<i64: 2>, steps = array<i64: 1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @slice_c2_step(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[slice_c2] expected 0 <= start < end <= 4}}
  nn.slice %x {axes = array<i64: 1>, ends = array<i64: 2>, starts = array<i64: 0>, steps = array<i64: -1>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @squeeze_c1_size(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[squeeze_c1]}}
  nn.squeeze %x {axes = array<i64: 1>} : (tensor<2x4x6xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @squeeze_c1_range(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[squeeze_c1]}}
  nn.squeeze %x {axes = array<i64: 3>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @unsqueeze_c1(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[unsqueeze_c1] expected distinct axes within the result's rank 5, got [1, 1]}}
  nn.unsqueeze %x {axes = array<i64: 1, 1>} : (tensor<2x4x6xf32>) -> tensor<2x1x1x4x6xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[pad_c1] expected one entry per dimension of 'tensor<2x4x6xf32>', got 2 and 3}}
  nn.pad %x {high = array<i64: 0, 0, 0>, low = array<i64: 0, 0>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[pad_c2] padding must not be negative; use nn.slice to crop}}
  nn.pad %x {high = array<i64: 0, 0, 0>, low = array<i64: 0, 0, -1>} : (tensor<2x4x6xf32>) -> tensor<2x4x5xf32>
  return
}

// -----

func.func @depth_to_space_c1_channels(%x: tensor<1x6x2x2xf32>) {
  // expected-error@+1 {{[depth_to_space_c1] expected rank 4 and channels divisible by 2^2}}
  nn.depth_to_space %x {block = 2 : i64} : (tensor<1x6x2x2xf32>) -> tensor<1x1x4x4xf32>
  return
}

// -----

func.func @depth_to_space_c1_block(%x: tensor<1x4x2x2xf32>) {
  // expected-error@+1 {{[depth_to_space_c1] expected rank 4 and channels divisible by 0^2}}
  nn.depth_to_space %x {block = 0 : i64} : (tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  return
}

// -----

func.func @cat_c1_none() {
  // expected-error@+1 {{[cat_c1] expected at least one input}}
  nn.cat {axis = 0 : i64} : () -> tensor<1xf32>
  return
}

// -----

func.func @cat_c1_axis(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[cat_c1] axis 3 lies outside the rank of 'tensor<2x4x6xf32>'}}
  nn.cat %x {axis = 3 : i64} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @cat_c1_rank(%x: tensor<2x4x6xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{[cat_c1] inputs of different rank}}
  nn.cat %x, %y {axis = 1 : i64} : (tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @cat_c2(%x: tensor<2x4x6xf32>, %y: tensor<2x4x5xf32>) {
  // expected-error@+1 {{[cat_c2] inputs differ in dimension 2}}
  nn.cat %x, %y {axis = 1 : i64} : (tensor<2x4x6xf32>, tensor<2x4x5xf32>) -> tensor<2x8x6xf32>
  return
}

// -----

func.func @split_c1(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[split_c1] axis 3 lies outside the rank of 'tensor<2x4x6xf32>'}}
  nn.split %x {axis = 3 : i64, sizes = array<i64: 4>} : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return
}

// -----

func.func @split_c2_sum(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[split_c2] expected 2 positive sizes that add up to 4, got [1, 2]}}
  nn.split %x {axis = 1 : i64, sizes = array<i64: 1, 2>} : (tensor<2x4x6xf32>) -> (tensor<2x1x6xf32>, tensor<2x2x6xf32>)
  return
}

// -----

func.func @split_c2_zero(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[split_c2] expected 2 positive sizes}}
  nn.split %x {axis = 1 : i64, sizes = array<i64: 0, 4>} : (tensor<2x4x6xf32>) -> (tensor<2x0x6xf32>, tensor<2x4x6xf32>)
  return
}

// -----

func.func @split_results(%x: tensor<2x4x6xf32>) {
  // expected-error@+1 {{[split_c2] expected 1 positive sizes that add up to 4, got [1, 3]}}
  nn.split %x {axis = 1 : i64, sizes = array<i64: 1, 3>} : (tensor<2x4x6xf32>) -> tensor<2x1x6xf32>
  return
}
