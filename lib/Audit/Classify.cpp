//===- Classify.cpp - what kind of difference two runs show -------------------------===//
//
// A difference leaves a pattern: a bias shifts whole channels by a constant, rounding moves
// single codes by one, clipping touches only the ends of the grid, weights make errors that
// follow the input.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Audit/Compare.h"

#include <cmath>

using namespace qopt;

llvm::StringRef qopt::kindName(DifferenceKind kind) {
  static constexpr llvm::StringLiteral names[] = {"none", "parameters", "clipping", "rounding",
                                                  "bias", "weights",    "overflow", "inherited"};
  return names[static_cast<unsigned>(kind)];
}

llvm::StringRef qopt::kindAdvice(DifferenceKind kind) {
  static constexpr llvm::StringLiteral advice[] = {
      "nothing differs",
      "the two sides use another scale or zero point for it",
      "only values at the ends of the grid differ: its range is too narrow on one side",
      "no more than single steps of the grid: a rounding, or what the grid itself makes",
      "whole channels are shifted by a constant: look at the layer's bias",
      "channels differ with what they read: look at the layer's weights",
      "codes jump across the grid: an accumulator or product leaves its bits",
      "an input of the layer already has this error: look there"};
  return advice[static_cast<unsigned>(kind)];
}

/// In every channel that differs nearly all elements do, by about the same step.
static bool areChannelsShifted(const Difference &difference) {
  int64_t shifted = 0;
  for (const ChannelDifference &channel : difference.channels) {
    if (!channel.differ)
      continue;
    const bool oneWay = (channel.leastStep > 0) == (channel.greatestStep > 0);
    if (!oneWay || channel.greatestStep - channel.leastStep > 1 ||
        channel.differ * 4 < channel.elements)
      return false;
    ++shifted;
  }
  return shifted > 0;
}

static DifferenceKind classifyCodes(const Difference &difference) {
  if (!difference.sameParameters)
    return DifferenceKind::Parameters;
  if (difference.codeRange && difference.maxCodeStep * 4 > difference.codeRange * 3)
    return DifferenceKind::Overflow;
  if (areChannelsShifted(difference))
    return DifferenceKind::Bias;
  if (difference.maxCodeStep == 1)
    return DifferenceKind::Rounding;
  if (difference.differAtEnds == difference.codesDiffer)
    return DifferenceKind::Clipping;
  return DifferenceKind::Weights;
}

/// Share of the noise that constant errors of channels make.
static double shiftShare(const Difference &difference) {
  double energy = 0.0;
  for (const ChannelDifference &channel : difference.channels)
    if (channel.elements)
      energy += channel.errorSum * channel.errorSum / static_cast<double>(channel.elements);
  return energy / difference.noise;
}

/// Against float: the largest part of the noise. A grid of step s alone makes s^2 / 12 an
/// element.
static DifferenceKind classifyReal(const Difference &difference, double worstInput) {
  if (worstInput < difference.sqnr() + 1.0)
    return DifferenceKind::Inherited;
  if (difference.clippedNoise > 0.5 * difference.noise)
    return DifferenceKind::Clipping;
  const double grid =
      difference.step * difference.step / 12.0 * static_cast<double>(difference.elements);
  if (grid > 0.5 * difference.noise)
    return DifferenceKind::Rounding;
  return shiftShare(difference) > 0.5 ? DifferenceKind::Bias : DifferenceKind::Weights;
}

DifferenceKind qopt::classify(const Difference &difference, double worstInput) {
  if (difference.bothCodes)
    return difference.codesDiffer ? classifyCodes(difference) : DifferenceKind::None;
  return difference.noise > 0.0 ? classifyReal(difference, worstInput) : DifferenceKind::None;
}
