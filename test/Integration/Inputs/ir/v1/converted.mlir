!q_u8 = !quant.uniform<u8:f32, 0.026540985330939293:119>
!q_u8_1 = !quant.uniform<u8:f32, 0.02291792631149292>
!q_u8_2 = !quant.uniform<u8:f32, 0.058978550136089325:138>
!q_u8_3 = !quant.uniform<u8:f32, 0.046254802495241165:8>
!q_u8_4 = !quant.uniform<u8:f32, 0.08291790634393692:117>
!q_u8_5 = !quant.uniform<u8:f32, 0.0099806347861886024>
!q_u8_6 = !quant.uniform<u8:f32, 0.005932035855948925:21>
!qc_s32 = !quant.uniform<i32:f32:0, {1.2351882469374686E-4,9.9494354799389839E-5,1.1132447980344296E-4,1.3892663992010057E-4}>
!qc_s32_1 = !quant.uniform<i32:f32:0, {6.4513857068959624E-5,1.2366189912427217E-4,1.2885524483863264E-4,5.8144923968939111E-5}>
!qc_s32_2 = !quant.uniform<i32:f32:0, {2.1118845324963331E-4,2.1724369435105473E-4,2.5779055431485176E-4,8.7891829025465995E-5}>
!qc_s32_3 = !quant.uniform<i32:f32:0, {2.4130013116518967E-5,2.5062916392926127E-5,2.7091457013739273E-5}>
!qc_s8 = !quant.uniform<i8<-127:127>:f32:0, {0.0046538901515305042,0.0037487060762941837,0.0041944365948438644,0.0052344189025461674}>
!qc_s8_1 = !quant.uniform<i8<-127:127>:f32:0, {0.0028149953577667475,0.0053958590142428875,0.0056224651634693146,0.0025370935909450054}>
!qc_s8_2 = !quant.uniform<i8<-127:127>:f32:0, {0.00456576282158494,0.0046966732479631901,0.0055732713080942631,0.0019001666223630309}>
!qc_s8_3 = !quant.uniform<i8<-127:127>:f32:0, {0.0024176831357181072,0.0025111546274274588,0.002714402275159955}>
#spec_s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#spec_u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#qconfig = #qopt.qconfig<activation = #spec_u8, weight = #spec_s8, rule = "global">
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "converted", qopt.version = 1 : i64} {
  qopt.qparams @x #spec_u8 scales([0.0265409853]) zero_points([119]) {qopt.observed = {count = 3072 : i64, max = 3.6178731918334961 : f64, min = -3.150078296661377 : f64}, rule = "global"}
  qopt.qparams @stem_out #spec_u8 scales([0.0229179263]) zero_points([0]) {qopt.observed = {count = 4096 : i64, max = 5.8440713882446289 : f64, min = 0.000000e+00 : f64}, rule = "global"}
  qopt.qparams @cat #spec_u8 scales([0.0462548025]) zero_points([8]) {qopt.observed = {count = 8192 : i64, max = 11.419975280761719 : f64, min = -0.37499865889549255 : f64}, rule = "global"}
  qopt.qparams @pool #spec_u8 scales([0.00998063478]) zero_points([0]) {qopt.observed = {count = 128 : i64, max = 2.5450618267059326 : f64, min = 0.20654392242431641 : f64}, rule = "global"}
  qopt.qparams @logits #spec_u8 scales([0.00593203586]) zero_points([21]) {qopt.observed = {count = 48 : i64, max = 1.3901656866073608 : f64, min = -0.1225033700466156 : f64}, rule = "global"}
  qopt.qparams @stem.weight #spec_s8 scales([4.653890e-03, 0.00374870608, 0.00419443659, 0.0052344189]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, qopt.observed = {count = 108 : i64, max = 0.65405362844467163 : f64, min = -0.66477119922637939 : f64}, rule = "global"}
  qopt.qparams @block.weight #spec_s8 scales([0.00281499536, 0.00539585901, 0.00562246516, 0.00253709359]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, qopt.observed = {count = 144 : i64, max = 0.6859431266784668 : f64, min = -0.71405309438705444 : f64}, rule = "global"}
  qopt.qparams @sum_out.mid #spec_u8 scales([0.0589785501]) zero_points([138]) {qopt.observed = {count = 4096 : i64, max = 6.8827934265136719 : f64, min = -8.1567373275756836 : f64}, rule = "global"}
  qopt.qparams @tail.weight #spec_s8 scales([0.00456576282, 0.00469667325, 0.00557327131, 0.00190016662]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, qopt.observed = {count = 144 : i64, max = 0.70780545473098755 : f64, min = -0.67810338735580444 : f64}, rule = "global"}
  qopt.qparams @swish.mid #spec_u8 scales([0.0829179063]) zero_points([117]) {qopt.observed = {count = 4096 : i64, max = 11.419975280761719 : f64, min = -9.7240915298461914 : f64}, rule = "global"}
  qopt.qparams @fc.weight #spec_s8 scales([0.00241768314, 0.00251115463, 0.00271440228]) zero_points([0, 0, 0]) {axis = 0 : i64, qopt.observed = {count = 24 : i64, max = 0.34472909569740295 : f64, min = -0.30215787887573242 : f64}, rule = "global"}
  func.func @main(%arg0: tensor<?x3x8x8xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "logits"}) {
    %0 = qopt.quantize %arg0 {nn.name = "x", qopt.observer = @x} : tensor<?x3x8x8xf32> -> tensor<?x3x8x8x!q_u8>
    %1 = nn.parameter "stem.weight" dense_resource<stem.weight_2> : tensor<4x3x3x3xi8> -> tensor<4x3x3x3x!qc_s8>
    %2 = nn.parameter "stem.bias" dense<[-7385, 8267, -4646, -4236]> : tensor<4xi32> -> tensor<4x!qc_s32>
    %3 = nn.conv2d %0, %1, %2 act <relu> {nn.fused = ["stem", "stem_bn", "stem_out"], nn.layer = "stem", nn.name = "stem_out", padding = array<i64: 1, 1, 1, 1>, qopt.observer = @stem_out, qopt.qconfig = #qconfig} : (tensor<?x3x8x8x!q_u8>, tensor<4x3x3x3x!qc_s8>, tensor<4x!qc_s32>) -> tensor<?x4x8x8x!q_u8_1>
    %4 = nn.parameter "block.weight" dense_resource<block.weight_2> : tensor<4x4x3x3xi8> -> tensor<4x4x3x3x!qc_s8_1>
    %5 = nn.parameter "block.bias" dense<[7606, -2984, -7976, 5303]> : tensor<4xi32> -> tensor<4x!qc_s32_1>
    %6 = nn.conv2d %3, %4, %5 residual(%3) act <relu6> mid(!q_u8_2) {nn.fused = ["block", "block_bn", "sum", "sum_out"], nn.layer = "block", nn.name = "sum_out", padding = array<i64: 1, 1, 1, 1>, qopt.observer = @cat, qopt.qconfig = #qconfig} : (tensor<?x4x8x8x!q_u8_1>, tensor<4x4x3x3x!qc_s8_1>, tensor<4x!qc_s32_1>, tensor<?x4x8x8x!q_u8_1>) -> tensor<?x4x8x8x!q_u8_3>
    %7 = nn.parameter "tail.weight" dense_resource<tail.weight_2> : tensor<4x4x3x3xi8> -> tensor<4x4x3x3x!qc_s8_2>
    %8 = nn.parameter "tail.bias" dense<[-234, -1399, -460, 2886]> : tensor<4xi32> -> tensor<4x!qc_s32_2>
    %9 = nn.conv2d %6, %7, %8 act <hard_swish> mid(!q_u8_4) {nn.fused = ["tail", "tail_bn", "swish"], nn.layer = "tail", nn.name = "swish", padding = array<i64: 1, 1, 1, 1>, qopt.observer = @cat, qopt.qconfig = #qconfig, table = dense<"0x08080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808070605050403030202010101000000000000000000000101010202020304040506060708090A0B0C0D0E0F111213151618191B1D1E20222426282A2C2E30323537393C3E414346484A4C4E5051535557595A5C5E6062636567696B6C6E7072747577797B7D7E8082848587898B8D8E9092949697999B9D9FA0A2A4A6A8A9ABADAFB1B2B4B6B8B9BBBDBFC1C2C4C6C8CACBCDCFD1D3D4D6D8DADCDDDFE1E3E4E6E8EAECEDEFF1F3F5F6F8FAFCFEFF"> : tensor<256xi8>} : (tensor<?x4x8x8x!q_u8_3>, tensor<4x4x3x3x!qc_s8_2>, tensor<4x!qc_s32_2>) -> tensor<?x4x8x8x!q_u8_3>
    %10 = nn.cat %6, %9 {axis = 1 : i64, nn.name = "cat", qopt.observer = @cat, qopt.qconfig = #qconfig} : (tensor<?x4x8x8x!q_u8_3>, tensor<?x4x8x8x!q_u8_3>) -> tensor<?x8x8x8x!q_u8_3>
    %11 = nn.adaptive_avg_pool2d %10 {nn.name = "pool", output_size = array<i64: 1, 1>, qopt.observer = @pool, qopt.qconfig = #qconfig} : (tensor<?x8x8x8x!q_u8_3>) -> tensor<?x8x1x1x!q_u8_5>
    %12 = nn.flatten %11 {nn.name = "flat", qopt.observer = @pool, qopt.qconfig = #qconfig} : (tensor<?x8x1x1x!q_u8_5>) -> tensor<?x8x!q_u8_5>
    %13 = nn.parameter "fc.weight" dense<[[-125, -19, 104, 86, 22, 127, -14, 50], [127, 71, 56, -37, 23, -41, 97, -48], [-12, 94, 1, -60, 120, -44, 127, 105]]> : tensor<3x8xi8> -> tensor<3x8x!qc_s8_3>
    %14 = nn.parameter "fc.bias" dense<[-2184, 8494, -17187]> : tensor<3xi32> -> tensor<3x!qc_s32_3>
    %15 = nn.linear %12, %13, %14 {nn.layer = "fc", nn.name = "logits", qopt.observer = @logits, qopt.qconfig = #qconfig} : (tensor<?x8x!q_u8_5>, tensor<3x8x!qc_s8_3>, tensor<3x!qc_s32_3>) -> tensor<?x3x!q_u8_6>
    %16 = qopt.dequantize %15 : tensor<?x3x!q_u8_6> -> tensor<?x3xf32>
    return %16 : tensor<?x3xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      stem.weight_2: "0x01000000206647BACD6081524CF8CEC7C1F2010E7F4B1F7DB7A91D8B8904F76B2104FFBF83B131B3DF8154A8C5610359243E970B025FDC198FE3D1A354E07F181C252FA3F0BBE6957CB42ECB632B9E5C766B12A2AE720EAB672613DFE8BA8465F70DD04381DE829B7D2AED0664D61831",
      block.weight_2: "0x010000003CB8B0DCABD77613D6C478F17F0406694015ED64E9708EED0577BE512F39227DD4E5B189B46E5A991BFA192ACD7AF72224AC8CE946533D9A6D5064066E888481BFBDAD128618A82F81CE740A532A1DAE1486507A5E89D5D099224FCF604F9E4765B014251D952B235650D23B6369A58128B31177E0BEF42A95E09E2C59DFDE0BB4BCD2F5904415CA8F479D9E9D906DC2",
      tail.weight_2: "0x0100000042B1C4093F65A0AF4D25387F705847E524AF424239F2E1EB89580BE30C39E2556BE3A3437EA637536C9F977D9EAD13F240B16AB74591F988D0D038F48E7F646BBFE5BAA088019FAD5FFCAC2DC207C704220AE44D63ABA09A7F75B97CB302FF6E86CF1A8DBAF765455745375D303ECCA943A86E19D372A604957A1450C74F352676EFEA3258D52CB40E478E3C8178F8E8"
    }
  }
#-}

