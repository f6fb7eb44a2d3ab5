// N4, N6 and N8 through LLVM's own lowering: a quantized convolution and an add written as
// linalg and arith, lowered by upstream's passes and run. The expected codes come from
// docs/Numerics.md, worked out in numpy; saturation at both ends, ties and the extremes of
// i32 are among them. What runs here shares no code with qopt.
//
// RUN: mlir-opt %s --convert-linalg-to-loops --lower-affine --convert-scf-to-cf --convert-math-to-llvm \
// RUN:   --expand-strided-metadata --lower-affine --finalize-memref-to-llvm --convert-arith-to-llvm \
// RUN:   --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main -entry-point-result=void \
// RUN:     -shared-libs=%llvm_libs/libmlir_c_runner_utils.so,%llvm_libs/libmlir_runner_utils.so \
// RUN: | FileCheck %s

memref.global "private" constant @accs : memref<12xi32> = dense<[0, 1, 20, -20, 60, 100, -3000,
    2147483647, -2147483648, 16777217, 4980, 5000]>
memref.global "private" constant @ties : memref<6xi32> = dense<[1, 3, 5, -1, -3, 7]>
memref.global "private" constant @left : memref<5xi32> = dense<[0, 10, 255, 128, 77]>
memref.global "private" constant @right : memref<5xi32> = dense<[0, 200, 255, 7, 91]>
memref.global "private" constant @x : memref<1x2x3x3xi32> = dense<[[[[207, 21, 45], [60, 46, 205],
    [222, 149, 10]], [[24, 85, 110], [159, 122, 67], [40, 177, 188]]]]>
memref.global "private" constant @w : memref<1x2x3x3xi32> = dense<[[[[-119, -99, -12], [-28, 99, 4],
    [-20, -18, 42]], [[22, -83, 61], [65, 116, 73], [-55, -46, 38]]]]>

func.func private @printMemrefI32(memref<*xi32>)

// sat(rne(x) + z): the clamp comes before the conversion to an integer.
func.func @to_code(%x: f32, %zero_point: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c255 = arith.constant 255 : i32
  %low = arith.subi %c0, %zero_point : i32
  %high = arith.subi %c255, %zero_point : i32
  %low_f = arith.sitofp %low : i32 to f32
  %high_f = arith.sitofp %high : i32 to f32
  %a = arith.maximumf %x, %low_f : f32
  %b = arith.minimumf %a, %high_f : f32
  %rounded = math.roundeven %b : f32
  %integer = arith.fptosi %rounded : f32 to i32
  %code = arith.addi %integer, %zero_point : i32
  return %code : i32
}

func.func @requantize(%accs: memref<?xi32>, %multiplier: f32) {
  %zy = arith.constant 3 : i32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%accs : memref<?xi32>) {
  ^bb0(%acc: i32):
    %real = arith.sitofp %acc : i32 to f32
    %scaled = arith.mulf %real, %multiplier : f32
    %code = func.call @to_code(%scaled, %zy) : (f32, i32) -> i32
    linalg.yield %code : i32
  }
  %any = memref.cast %accs : memref<?xi32> to memref<*xi32>
  call @printMemrefI32(%any) : (memref<*xi32>) -> ()
  return
}

func.func @add(%a: memref<5xi32>, %b: memref<5xi32>, %y: memref<5xi32>) {
  %za = arith.constant 5 : i32
  %zb = arith.constant 100 : i32
  %zy = arith.constant 9 : i32
  %sa = arith.constant 0.1 : f32
  %sb = arith.constant 0.03 : f32
  %sy = arith.constant 0.07 : f32
  %ma = arith.divf %sa, %sy : f32
  %mb = arith.divf %sb, %sy : f32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a, %b : memref<5xi32>, memref<5xi32>) outs(%y : memref<5xi32>) {
  ^bb0(%qa: i32, %qb: i32, %unused: i32):
    %da = arith.subi %qa, %za : i32
    %db = arith.subi %qb, %zb : i32
    %fa = arith.sitofp %da : i32 to f32
    %fb = arith.sitofp %db : i32 to f32
    %ta = arith.mulf %fa, %ma : f32
    %tb = arith.mulf %fb, %mb : f32
    %sum = arith.addf %ta, %tb : f32
    %code = func.call @to_code(%sum, %zy) : (f32, i32) -> i32
    linalg.yield %code : i32
  }
  return
}

func.func @main() {
  // CHECK: [3,  3,  4,  2,  5,  6,  0,  255,  0,  255,  128,  128]
  %accs_constant = memref.get_global @accs : memref<12xi32>
  %accs = memref.alloc() : memref<12xi32>
  memref.copy %accs_constant, %accs : memref<12xi32> to memref<12xi32>
  %accs_any = memref.cast %accs : memref<12xi32> to memref<?xi32>
  %sx = arith.constant 0.05 : f32
  %sw = arith.constant 0.01 : f32
  %sy = arith.constant 0.02 : f32
  %product = arith.mulf %sx, %sw : f32
  %multiplier = arith.divf %product, %sy : f32
  call @requantize(%accs_any, %multiplier) : (memref<?xi32>, f32) -> ()

  // Ties go to even: 0.5, 1.5, 2.5, -0.5, -1.5, 3.5 before the zero point.
  // CHECK: [3,  5,  5,  3,  1,  7]
  %ties_constant = memref.get_global @ties : memref<6xi32>
  %ties = memref.alloc() : memref<6xi32>
  memref.copy %ties_constant, %ties : memref<6xi32> to memref<6xi32>
  %ties_any = memref.cast %ties : memref<6xi32> to memref<?xi32>
  %half = arith.constant 0.5 : f32
  call @requantize(%ties_any, %half) : (memref<?xi32>, f32) -> ()

  // CHECK: [0,  59,  255,  145,  108]
  %left = memref.get_global @left : memref<5xi32>
  %right = memref.get_global @right : memref<5xi32>
  %sum = memref.alloc() : memref<5xi32>
  call @add(%left, %right, %sum) : (memref<5xi32>, memref<5xi32>, memref<5xi32>) -> ()
  %sum_any = memref.cast %sum : memref<5xi32> to memref<*xi32>
  call @printMemrefI32(%sum_any) : (memref<*xi32>) -> ()

  // bias 150 + sum (qx - 7) qw over a 3x3 window of two channels.
  // CHECK: -4027
  %x_constant = memref.get_global @x : memref<1x2x3x3xi32>
  %w = memref.get_global @w : memref<1x2x3x3xi32>
  %x = memref.alloc() : memref<1x2x3x3xi32>
  memref.copy %x_constant, %x : memref<1x2x3x3xi32> to memref<1x2x3x3xi32>
  %zx = arith.constant 7 : i32
  linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      outs(%x : memref<1x2x3x3xi32>) {
  ^bb0(%code: i32):
    %centred = arith.subi %code, %zx : i32
    linalg.yield %centred : i32
  }
  %y = memref.alloc() : memref<1x1x1x1xi32>
  %bias = arith.constant 150 : i32
  linalg.fill ins(%bias : i32) outs(%y : memref<1x1x1x1xi32>)
  linalg.conv_2d_nchw_fchw ins(%x, %w : memref<1x2x3x3xi32>, memref<1x2x3x3xi32>)
      outs(%y : memref<1x1x1x1xi32>)
  %y_any = memref.cast %y : memref<1x1x1x1xi32> to memref<*xi32>
  call @printMemrefI32(%y_any) : (memref<*xi32>) -> ()
  return
}
