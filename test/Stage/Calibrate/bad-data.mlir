// What calibration data can get wrong, and what is said about it.
// REQUIRES: numpy
// RUN: not qopt %s --calibrate-run 2>&1 | FileCheck %s --check-prefix=NODATA
// NODATA: needs samples: give calibration data (an .npz or .npy file)
// RUN: not qopt %s --calibrate-run="data=%t.absent.npz" 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: absent.npz: {{.*}}No such file
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.zeros((0, 2), 'f4')"
// RUN: not qopt %s --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: holds no samples; calibration needs some
// RUN: %python %S/Inputs/npz.py %t.npz "y=np.zeros((3, 2), 'f4')"
// RUN: not qopt %s --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: no array for input 'image'; the file has 'y'; name it as the input, or 'x'
// RUN: %python %S/Inputs/npz.py %t.npz "image=np.zeros((3, 4), 'f4')"
// RUN: not qopt %s --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: array 'image' has shape 3x4 but input 'image' expects ?x2 with the samples along the first dimension
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.zeros((3, 2), bool)"
// RUN: not qopt %s --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=BOOL
// BOOL: array 'x' has dtype bool; expected f32
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.array([[1, 2], [3, 4], [5, np.nan]], 'f4')"
// RUN: not qopt %s --calibrate-run="data=%t.npz batch=2" 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: array 'x', sample 2: NaN at element 1; calibration data must be finite
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.array([[1, 2], [-np.inf, 4], [5, 1]], 'f4')"
// RUN: not qopt %s --calibrate-run="data=%t.npz shard=1/2" 2>&1 | FileCheck %s --check-prefix=INF
// INF: array 'x', sample 1: infinity at element 0; calibration data must be finite
// RUN: not qopt %s --calibrate-run="data=%t.npz shard=2/2" 2>&1 | FileCheck %s --check-prefix=SHARD
// SHARD: shard: expected i/n with 0 <= i < n, as in 0/4, got '2/2'
// RUN: not qopt %s --calibrate-run="data=%t.npz shard=7/8" 2>&1 | FileCheck %s --check-prefix=FEW
// FEW: shard 7/8 of 3 samples is empty; use fewer shards
// RUN: not qopt %s --calibrate-run="data=%t.npz batch=0" 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: expected a batch of at least 1, got 0

// A network that overflows is found by the observer that sees it.
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.array([[1, 2], [3e38, 3e38]], 'f4')"
// RUN: not qopt %s --qopt-calibrate-pipeline="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=OVERFLOW
// OVERFLOW: observer @y: 0 NaN and 2 infinite values among 4 were observed

// Other dtypes are converted, with a remark.
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.ones((3, 2), 'f8')"
// RUN: qopt %s --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=F64
// F64: remark: {{.*}}array 'x' has dtype f64 and is converted to f32, its values unchanged
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
module attributes {qopt.stage = "prepared"} {
  qopt.qparams @x #u8
  qopt.qparams @y #u8
  func.func @main(%x: tensor<?x2xf32> {nn.name = "image"}) -> tensor<?x2xf32> {
    %xq = qopt.observe %x @x : tensor<?x2xf32>
    %y = nn.add %xq, %xq {nn.name = "y"} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    %yq = qopt.observe %y @y : tensor<?x2xf32>
    return %yq : tensor<?x2xf32>
  }
}
