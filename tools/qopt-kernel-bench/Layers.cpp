//===- Layers.cpp - the convolutions of known networks, and shapes from text ------===//

#include "Bench.h"

#include <cstdio>

using namespace bench;

double Layer::macs() const {
  return double(batch) * params.out_h * params.out_w * params.out_c * params.kernel_h *
         params.kernel_w * (params.in_c / params.groups);
}

static Layer conv(int32_t size, int32_t inC, int32_t outC, int32_t kernel, int32_t stride,
                  int32_t groups, int count, int32_t residual) {
  Layer layer = {};
  qrt_conv2d_params &p = layer.params;
  p.in_h = p.in_w = size;
  p.in_c = inC, p.out_c = outC;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = kernel / 2;
  p.dilation_h = p.dilation_w = 1;
  p.groups = groups;
  p.out_h = p.out_w = (size + 2 * p.pad_top - kernel) / stride + 1;
  p.in_zero_point = 3, p.out_max = 255;
  p.residual_kind = residual;
  p.mid_zero_point = 120, p.mid_max = 255;
  p.mid_multiplier = p.residual_multiplier = 0.7f;
  layer.batch = 1;
  layer.count = count;
  char text[96];
  std::snprintf(text, sizeof(text), "%dx%dx%d -> %d k%d s%d%s%s", size, size, inC, outC, kernel,
                stride, groups > 1 ? " depthwise" : "", residual ? " +residual" : "");
  layer.name = text;
  return layer;
}

std::vector<Layer> bench::resNet18() {
  return {conv(224, 3, 64, 7, 2, 1, 1, 0),   conv(56, 64, 64, 3, 1, 1, 2, 0),
          conv(56, 64, 64, 3, 1, 1, 2, 2),   conv(56, 64, 128, 3, 2, 1, 1, 0),
          conv(56, 64, 128, 1, 2, 1, 1, 0),  conv(28, 128, 128, 3, 1, 1, 1, 0),
          conv(28, 128, 128, 3, 1, 1, 2, 2), conv(28, 128, 256, 3, 2, 1, 1, 0),
          conv(28, 128, 256, 1, 2, 1, 1, 0), conv(14, 256, 256, 3, 1, 1, 1, 0),
          conv(14, 256, 256, 3, 1, 1, 2, 2), conv(14, 256, 512, 3, 2, 1, 1, 0),
          conv(14, 256, 512, 1, 2, 1, 1, 0), conv(7, 512, 512, 3, 1, 1, 1, 0),
          conv(7, 512, 512, 3, 1, 1, 2, 2),  conv(1, 512, 1000, 1, 1, 1, 1, 0)};
}

std::vector<Layer> bench::mobileNetV2() {
  return {conv(224, 3, 32, 3, 2, 1, 1, 0),     conv(112, 32, 32, 3, 1, 32, 1, 0),
          conv(112, 32, 16, 1, 1, 1, 1, 0),    conv(112, 16, 96, 1, 1, 1, 1, 0),
          conv(112, 96, 96, 3, 2, 96, 1, 0),   conv(56, 96, 24, 1, 1, 1, 1, 0),
          conv(56, 24, 144, 1, 1, 1, 2, 0),    conv(56, 144, 144, 3, 1, 144, 1, 0),
          conv(56, 144, 24, 1, 1, 1, 1, 2),    conv(56, 144, 144, 3, 2, 144, 1, 0),
          conv(28, 144, 32, 1, 1, 1, 1, 0),    conv(28, 32, 192, 1, 1, 1, 3, 0),
          conv(28, 192, 192, 3, 1, 192, 2, 0), conv(28, 192, 32, 1, 1, 1, 2, 2),
          conv(28, 192, 192, 3, 2, 192, 1, 0), conv(14, 192, 64, 1, 1, 1, 1, 0),
          conv(14, 64, 384, 1, 1, 1, 4, 0),    conv(14, 384, 384, 3, 1, 384, 4, 0),
          conv(14, 384, 64, 1, 1, 1, 3, 2),    conv(14, 384, 96, 1, 1, 1, 1, 0),
          conv(14, 96, 576, 1, 1, 1, 3, 0),    conv(14, 576, 576, 3, 1, 576, 2, 0),
          conv(14, 576, 96, 1, 1, 1, 2, 2),    conv(14, 576, 576, 3, 2, 576, 1, 0),
          conv(7, 576, 160, 1, 1, 1, 1, 0),    conv(7, 160, 960, 1, 1, 1, 3, 0),
          conv(7, 960, 960, 3, 1, 960, 3, 0),  conv(7, 960, 160, 1, 1, 1, 2, 2),
          conv(7, 960, 320, 1, 1, 1, 1, 0),    conv(7, 320, 1280, 1, 1, 1, 1, 0),
          conv(1, 1280, 1000, 1, 1, 1, 1, 0)};
}

bool bench::parseShape(const std::string &text, Layer &layer, std::string &error) {
  int height, width, inC, outC, kernel, stride = 1, pad = -1, groups = 1, used = 0;
  int read = std::sscanf(text.c_str(), "%dx%dx%d,%d,%d%n,%d%n,%d%n,%d%n", &height, &width, &inC,
                         &outC, &kernel, &used, &stride, &used, &pad, &used, &groups, &used);
  error = "--shape='" + text +
          "' is not HxWxC,outC,kernel[,stride[,pad[,groups]]] of positive "
          "numbers, e.g. 56x56x64,64,3,1,1";
  if (read < 5 || size_t(used) != text.size())
    return false;
  if (height < 1 || width < 1 || inC < 1 || outC < 1 || kernel < 1 || stride < 1 || groups < 1 ||
      (read >= 7 && pad < 0))
    return false;
  if (inC % groups || outC % groups) {
    error = "--shape='" + text + "': the groups must divide both channel counts";
    return false;
  }
  pad = pad < 0 ? kernel / 2 : pad;
  if (height + 2 * pad < kernel || width + 2 * pad < kernel) {
    error = "--shape='" + text + "': the kernel is larger than the padded input";
    return false;
  }
  layer = conv(height, inC, outC, kernel, stride, groups, 1, 0);
  qrt_conv2d_params &p = layer.params;
  p.in_w = width;
  p.pad_top = p.pad_left = pad;
  p.out_h = (height + 2 * pad - kernel) / stride + 1;
  p.out_w = (width + 2 * pad - kernel) / stride + 1;
  layer.name = text;
  return true;
}
