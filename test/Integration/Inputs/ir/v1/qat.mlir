#spec_s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max", options = {learned = #qopt.learned<scale>}>
#spec_u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
#qconfig = #qopt.qconfig<activation = #spec_u8, weight = #spec_s8, rule = "global">
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "calibrated", qopt.version = 1 : i64} {
  qopt.qparams @x #spec_u8 scales([0.0265409853]) zero_points([119]) {qopt.observed = {count = 3072 : i64, max = 3.6178731918334961 : f64, min = -3.150078296661377 : f64}, rule = "global", state = dense_resource<x.state_1> : tensor<96xi8>}
  qopt.qparams @stem_out #spec_u8 scales([0.0229179263]) zero_points([0]) {qopt.observed = {count = 4096 : i64, max = 5.8440713882446289 : f64, min = 0.000000e+00 : f64}, rule = "global", state = dense_resource<stem_out.state_1> : tensor<96xi8>}
  qopt.qparams @cat #spec_u8 scales([0.0462548025]) zero_points([8]) {qopt.observed = {count = 8192 : i64, max = 11.419975280761719 : f64, min = -0.37499865889549255 : f64}, rule = "global", state = dense_resource<cat.state_1> : tensor<96xi8>}
  qopt.qparams @pool #spec_u8 scales([0.00998063478]) zero_points([0]) {qopt.observed = {count = 128 : i64, max = 2.5450618267059326 : f64, min = 0.20654392242431641 : f64}, rule = "global", state = dense_resource<pool.state_1> : tensor<96xi8>}
  qopt.qparams @logits #spec_u8 scales([0.00593203586]) zero_points([21]) {qopt.observed = {count = 48 : i64, max = 1.3901656866073608 : f64, min = -0.1225033700466156 : f64}, rule = "global", state = dense_resource<logits.state_1> : tensor<96xi8>}
  qopt.qparams @stem.weight #spec_s8 scales([4.653890e-03, 0.00374870608, 0.00419443659, 0.0052344189]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, learned = #qopt.learned<scale>, qopt.observed = {count = 108 : i64, max = 0.65405362844467163 : f64, min = -0.66477119922637939 : f64}, rule = "global"}
  qopt.qparams @block.weight #spec_s8 scales([0.00281499536, 0.00539585901, 0.00562246516, 0.00253709359]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, learned = #qopt.learned<scale>, qopt.observed = {count = 144 : i64, max = 0.6859431266784668 : f64, min = -0.71405309438705444 : f64}, rule = "global"}
  qopt.qparams @sum_out.mid #spec_u8 scales([0.0589785501]) zero_points([138]) {qopt.observed = {count = 4096 : i64, max = 6.8827934265136719 : f64, min = -8.1567373275756836 : f64}, rule = "global", state = dense_resource<sum_out.mid.state_1> : tensor<96xi8>}
  qopt.qparams @tail.weight #spec_s8 scales([0.00456576282, 0.00469667325, 0.00557327131, 0.00190016662]) zero_points([0, 0, 0, 0]) {axis = 0 : i64, learned = #qopt.learned<scale>, qopt.observed = {count = 144 : i64, max = 0.70780545473098755 : f64, min = -0.67810338735580444 : f64}, rule = "global"}
  qopt.qparams @swish.mid #spec_u8 scales([0.0829179063]) zero_points([117]) {qopt.observed = {count = 4096 : i64, max = 11.419975280761719 : f64, min = -9.7240915298461914 : f64}, rule = "global", state = dense_resource<swish.mid.state_1> : tensor<96xi8>}
  qopt.qparams @fc.weight #spec_s8 scales([0.00241768314, 0.00251115463, 0.00271440228]) zero_points([0, 0, 0]) {axis = 0 : i64, learned = #qopt.learned<scale>, qopt.observed = {count = 24 : i64, max = 0.34472909569740295 : f64, min = -0.30215787887573242 : f64}, rule = "global"}
  func.func @main(%arg0: tensor<?x3x8x8xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "logits"}) {
    %0 = qopt.fake_quant %arg0 @x : tensor<?x3x8x8xf32>
    %1 = nn.parameter "stem.weight" dense_resource<stem.weight> : tensor<4x3x3x3xf32> -> tensor<4x3x3x3xf32>
    %2 = nn.parameter "stem_bn.weight" dense<[0.855413794, 1.01909852, 1.26524734, 1.40917933]> : tensor<4xf32> -> tensor<4xf32>
    %3 = nn.parameter "stem_bn.bias" dense<[0.65106225, 1.43341935, 0.505178869, 1.25297749]> : tensor<4xf32> -> tensor<4xf32>
    %4 = nn.parameter "stem_bn.mean" dense<[1.31052685, 0.636764049, 0.918903648, 1.31525624]> : tensor<4xf32> -> tensor<4xf32>
    %5 = nn.parameter "stem_bn.var" dense<[0.5142712, 1.12846196, 1.29302371, 1.01300359]> : tensor<4xf32> -> tensor<4xf32>
    %folded_weight, %folded_bias = qopt.fold_batch_norm %1 norm(%2, %3, %4, %5)  update : (tensor<4x3x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3x3x3xf32>, tensor<4xf32>)
    %6 = qopt.fake_quant %folded_weight @stem.weight : tensor<4x3x3x3xf32>
    %7 = nn.conv2d %0, %6, %folded_bias act <relu> {nn.fused = ["stem", "stem_bn", "stem_out"], nn.layer = "stem", nn.name = "stem_out", padding = array<i64: 1, 1, 1, 1>, qopt.qconfig = #qconfig} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
    %8 = qopt.fake_quant %7 @stem_out : tensor<?x4x8x8xf32>
    %9 = nn.parameter "block.weight" dense_resource<block.weight> : tensor<4x4x3x3xf32> -> tensor<4x4x3x3xf32>
    %10 = nn.parameter "block_bn.weight" dense<[0.806410551, 1.33279431, 1.11992347, 0.687143385]> : tensor<4xf32> -> tensor<4xf32>
    %11 = nn.parameter "block_bn.bias" dense<[0.934813439, 1.38392246, 8.753740e-01, 1.21088159]> : tensor<4xf32> -> tensor<4xf32>
    %12 = nn.parameter "block_bn.mean" dense<[0.596807718, 1.22732472, 1.27647352, 1.3257668]> : tensor<4xf32> -> tensor<4xf32>
    %13 = nn.parameter "block_bn.var" dense<[1.17420101, 0.870732784, 5.642120e-01, 1.01877618]> : tensor<4xf32> -> tensor<4xf32>
    %folded_weight_0, %folded_bias_1 = qopt.fold_batch_norm %9 norm(%10, %11, %12, %13)  update : (tensor<4x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x4x3x3xf32>, tensor<4xf32>)
    %14 = qopt.fake_quant %folded_weight_0 @block.weight : tensor<4x4x3x3xf32>
    %15 = nn.conv2d %8, %14, %folded_bias_1 residual(%8) act <relu6> mid(@sum_out.mid) {nn.fused = ["block", "block_bn", "sum", "sum_out"], nn.layer = "block", nn.name = "sum_out", padding = array<i64: 1, 1, 1, 1>, qopt.qconfig = #qconfig} : (tensor<?x4x8x8xf32>, tensor<4x4x3x3xf32>, tensor<4xf32>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
    %16 = qopt.fake_quant %15 @cat : tensor<?x4x8x8xf32>
    %17 = nn.parameter "tail.weight" dense_resource<tail.weight> : tensor<4x4x3x3xf32> -> tensor<4x4x3x3xf32>
    %18 = nn.parameter "tail_bn.weight" dense<[1.22044468, 1.02329886, 1.23084891, 0.584757924]> : tensor<4xf32> -> tensor<4xf32>
    %19 = nn.parameter "tail_bn.bias" dense<[1.06279182, 1.05810869, 1.43211389, 0.539605558]> : tensor<4xf32> -> tensor<4xf32>
    %20 = nn.parameter "tail_bn.mean" dense<[0.952819645, 1.13107288, 1.05074692, 0.574161112]> : tensor<4xf32> -> tensor<4xf32>
    %21 = nn.parameter "tail_bn.var" dense<[1.09322834, 0.722196877, 0.69554919, 1.37869084]> : tensor<4xf32> -> tensor<4xf32>
    %folded_weight_2, %folded_bias_3 = qopt.fold_batch_norm %17 norm(%18, %19, %20, %21)  update : (tensor<4x4x3x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x4x3x3xf32>, tensor<4xf32>)
    %22 = qopt.fake_quant %folded_weight_2 @tail.weight : tensor<4x4x3x3xf32>
    %23 = nn.conv2d %16, %22, %folded_bias_3 act <hard_swish> mid(@swish.mid) {nn.fused = ["tail", "tail_bn", "swish"], nn.layer = "tail", nn.name = "swish", padding = array<i64: 1, 1, 1, 1>, qopt.qconfig = #qconfig} : (tensor<?x4x8x8xf32>, tensor<4x4x3x3xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
    %24 = qopt.fake_quant %23 @cat : tensor<?x4x8x8xf32>
    %25 = nn.cat %16, %24 {axis = 1 : i64, nn.name = "cat", qopt.qconfig = #qconfig} : (tensor<?x4x8x8xf32>, tensor<?x4x8x8xf32>) -> tensor<?x8x8x8xf32>
    %26 = nn.adaptive_avg_pool2d %25 {nn.name = "pool", output_size = array<i64: 1, 1>, qopt.qconfig = #qconfig} : (tensor<?x8x8x8xf32>) -> tensor<?x8x1x1xf32>
    %27 = qopt.fake_quant %26 @pool : tensor<?x8x1x1xf32>
    %28 = nn.flatten %27 {nn.name = "flat", qopt.qconfig = #qconfig} : (tensor<?x8x1x1xf32>) -> tensor<?x8xf32>
    %29 = nn.parameter "fc.weight" dense<[[-0.302157879, -0.0457092486, 0.250286877, 0.207315385, 0.0534590073, 0.307045758, -0.0341838263, 0.120385431], [0.318916649, 0.17809163, 0.141828373, -0.0938712731, 0.0583234578, -0.103917338, 0.244292259, -0.119569845], [-0.0333788469, 0.255457103, 0.0036557985, -0.161967427, 0.326818943, -0.119037405, 0.344729096, 0.285240412]]> : tensor<3x8xf32> -> tensor<3x8xf32>
    %30 = qopt.fake_quant %29 @fc.weight : tensor<3x8xf32>
    %31 = nn.parameter "fc.bias" dense<[-0.0527111776, 0.212890938, -0.465610296]> : tensor<3xf32> -> tensor<3xf32>
    %32 = nn.linear %28, %30, %31 {nn.layer = "fc", nn.name = "logits", qopt.qconfig = #qconfig} : (tensor<?x8xf32>, tensor<3x8xf32>, tensor<3xf32>) -> tensor<?x3xf32>
    %33 = qopt.fake_quant %32 @logits : tensor<?x3xf32>
    return %33 : tensor<?x3xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      x.state_1: "0x01000000514F42530100000000000000000C000000000000000000000000000000000000000000001000000000000000E29A49C03C8B67400000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      stem_out.state_1: "0x01000000514F42530100000000000000001000000000000000000000000000000000000000000000100000000000000000000000A202BB400000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      cat.state_1: "0x01000000514F425301000000000000000020000000000000000000000000000000000000000000002000000000000000D3FFBFBE38B836410000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      pool.state_1: "0x01000000514F4253010000000000000080000000000000000000000000000000000000000000000010000000000000004080533E4BE222400000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      logits.state_1: "0x01000000514F4253010000000000000030000000000000000000000000000000000000000000000010000000000000000CE3FABDF3F0B13F0000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      sum_out.mid.state_1: "0x01000000514F425301000000000000000010000000000000000000000000000000000000000000001000000000000000FF8102C1D83FDC400000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      swish.mid.state_1: "0x01000000514F425301000000000000000010000000000000000000000000000000000000000000001000000000000000E1951BC138B836410000000000000000000000000400000000000000000000000000000004000000000000000000000000000000",
      stem.weight: "0x040000000719003E9B5FCB3EAD268D3EA5B18CBE36A14CBE6642BF3EDE4DFDBE0D78A43E7C19983EA45603BDDEB149BE65E462BE78037BBEABF760BD9009953B0A205B3D37B2FD3EC8D7953E1B39FA3DFC58FA3E0FC391BEB0F8ADBE2A7BE63D6F80E9BE51BBEDBE3DF0733C8D6B0ABD0497D53EE353043EB44D673C0DE74CBBB94581BE22F6F9BE777D9DBE11A4443E134A99BE469805BE8C16FEBE04FCA83E7AEAB0BE73FA6DBEE5BAC23EA269203CADBDB13E04120F3ECE92773E7D27D1BE6C86283D3EAEFE3B3220BE3ECB100EBEBA14C93DC5A9E1BE4C21E6BDF63535BE0519B3BE11F7A13EEDE4F6BD711EF53E914DB83DBC27D73DFA4E0D3E5FAF343EEACBB2BEDE7974BDDF5785BEF9AEC7BDCD7CCEBE2987EF3EFEEA91BE35E32F3EAE5E4CBE0687BF3E9F1B263EDA9CBCBE95ADB03E3FD0E33E2ECECE3EEAC88E3D4686B5BE6D759DBE7416DB3E4D54563D9F8EA3BE1BA3C43E2CF8103EDFBB8E3DCE5CFDBD145DB6BDAB6185BEC183ECBEC09FC03E522D04BD201D433DD21A36BEA9AD803E6519F3BEDDE102BEED75F0BE4914C1BE0E2EEF3E078C213E430193BD9D7AC23CD9E0BE3E3D871FBE7BEAB83DC2173C3E",
      block.weight: "0x040000001245673E39128CBE705B9ABE73280CBEE524A4BE12A21DBE8470E53E772F963D32C523BE73F569BEB871E73ED16A63BD4DF6F53ECB527E3C9764AD3C5C07CB3E0698783E542DA53DC93896BDD7A1C13EDDF2B4BDF173D83E57D1DCBECE5D8FBD8BDD9F3C5FE1E63E0EFA7EBE2AB19C3EDEB4343EC44B5E3EADBB043E6870F13E8D552BBEE754D0BDF31B98BE1E0AE6BEB2FD92BEC0B7D43E9B2AAE3EC172C6BE198AD43D1D6CAABC24EAC13DFD18233E0EFB45BE2E36EC3E52EB0BBDDF2C033EBC780A3E40D9A1BE2D53E0BEAB36B5BDF42E873EC064A13E4D826B3E000AC6BE40A3D33E8AA49A3EC360C13E5AE8BE3C2BCED43E331DE8BEFB7DF0BE4EA6F5BE352A7DBE76BB80BE90FF9FBE9054893D0C0AECBE461DB93D9600ABBE8724363E9C35F5BEE3F941BE456EE03E86451D3D62889F3E97D1213E4FD1E23D21149EBE465C983D39AEEBBEC2739A3E6A8EEB3EAD40B53E6309E6BE4B3625BE5F5D3ABEF549C6BE87A6013E704C983ECCBF3EBE22C2B93E0521983EA2E1BDBEC3A1883EDDE6C33EC7FD9ABE30D1963D79140E3EA4EADF3DE3B8CEBE600F253E241F073E52D4A53E04669B3ED1FA30BE6060633E420BBC3E7330C93E424EADBE1254F2BE446D1A3EF41592BE3E7A823D6BBDE33E4627F7BDAB287DBE852232BD8C04213EC23CCCBEFA8FF4BDE588BBBE4D58263E2E3EA93E1634FCBDCC5A03BE77E1213DF2E391BE885381BE343B2EBE64622EBD8241D6BE1B66813E5DE7A13D0D1D4DBED14BD8BEA7BF863E37E3BCBE57CCBBBEF416BDBEC964D6BEA912D03E394B6CBE",
      tail.weight: "0x04000000C9D1833E744A9EBE825F6FBE9CF2133DA14A7E3E6A0DCB3ECF9EBFBE56A7A1BEE95C993E7AFD133EB146623ECA58FE3E32DCE03EFBA0AF3E20E28D3E2A00D7BD5D9E103E5790A1BE75DC843E08F0833E369B623E6B1A62BD977CF9BD234FA4BD29EEEEBEBA4AB03E098C2D3DA15CE6BDD0B9443DA7F5623EA5C4F2BDBC49A93EE6C3D63EE589E6BD2970B9BEA64F853ECB63FC3EE63AB4BEA7C7593ECA90A63E3555D73E27D4C0BE4BFED0BE4ECAF93E7E38C4BE7B79A5BEEC80993DCE105CBD6833803E486F9EBEE02FD43ED6CB90BEEAC8893E1263DDBED1E2D9BC8454EFBE68A83EBE9A4640BEBC05613E963F38BD79EEE2BE0BA0FD3E9803C73E6928D53EDAC081BEB9DCD8BD21AF8BBE450CC0BE7D17EFBE4FA85A3BA0F4C0BE6FBBA5BE4590B83E4F1581BC9DF1A1BEFAF02D3E1EC16FBE67ABDC3C9A415EBE7764843C4F9E033EEC4E143D84CDD5BD8CE5943E3133BF3E7329A4BEBE35BABEBF0BC6BEB48DF53E4118E23EFEE589BEBA97F03EEC9895BEC334D43BAE5F2BBB1A75D43ECD3FEBBEAD143DBE89BFCC3D0D01DEBED8E286BEA0190FBDB1FFC23E7D9C853E2170A83EF0AA853EC1B4543E010BB33E07D5393EE656713EB41D4BBEFF2AAABE3E57833E6017ABBEEBC2D63EAEECC53DD3A82EBEB18FDF3EC492B0BE38046D3CD31FD1BE8A4CEE3EC45E9A3D307A9B3EBB4F5FBE16859A3ECEB54F3E3C21133E2BB0E63EB13588BD1EE6ADBD67BB443E5E8CAB3ED5E128BE94BA2D3E0DF994BE5AC3533DE0D0893E0A8FDEBE6E4F693E3C19F8BEDBACEA3E185400BD0F39BABD"
    }
  }
#-}

