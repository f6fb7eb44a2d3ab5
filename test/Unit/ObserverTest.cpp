//===- ObserverTest.cpp - what calibration remembers of a tensor ------------------------------===//
//
// Tests of qopt/Support/Observer.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Observer.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

using namespace qopt;
using namespace qopt::test;

static std::string mergeMessage(ObserverState a, const ObserverState &b) {
  return messageOf(a.merge(b, "conv1.out"));
}

static std::string readMessage(llvm::StringRef bytes) {
  return messageOf(ObserverState::deserialize(bytes, "s"));
}

static ObserverState histogramState(uint64_t seed) {
  ObserverState state = ObserverState::histogram(256);
  state.update(normals(seed, 500));
  return state;
}

static std::vector<ObserverState> examples() {
  std::vector<ObserverState> states = {ObserverState::minMax(), ObserverState::histogram(),
                                       ObserverState::perChannel(3),
                                       ObserverState::movingAverage(0.1f), histogramState(1)};
  states.push_back(ObserverState::minMax());
  states.back().update({1.0f, -2.0f, NAN, INFINITY});
  states.push_back(ObserverState::perChannel(3));
  const std::vector<float> values = normals(2, 24);
  states.back().updateChannels(values.data(), 2, 3, 4);
  states.push_back(ObserverState::movingAverage(0.1f));
  states.back().update({1.0f, 2.0f});
  states.back().update({0.0f, 5.0f});
  return states;
}

TEST(Observer, CountsWhatIsNotFiniteApart) {
  ObserverState state = ObserverState::minMax();
  state.update({1.0f, NAN, -3.0f, INFINITY, -INFINITY, NAN, NAN});
  EXPECT_EQ(state.count(), 2u);
  EXPECT_EQ(state.nanCount(), 3u);
  EXPECT_EQ(state.infCount(), 2u);
  EXPECT_EQ(state.min(), -3.0f);
  EXPECT_EQ(state.max(), 1.0f);
}

TEST(Observer, PerChannelExtremes) {
  ObserverState state = ObserverState::perChannel(2);
  // [outer 2, channels 2, inner 3]
  const float values[] = {1, 2, 3, -1, -2, -3, 4, 0, NAN, 9, -9, 0};
  state.updateChannels(values, 2, 2, 3);
  EXPECT_EQ(state.channelMin(), llvm::ArrayRef<float>({0.0f, -9.0f}));
  EXPECT_EQ(state.channelMax(), llvm::ArrayRef<float>({4.0f, 9.0f}));
  EXPECT_EQ(state.nanCount(), 1u);
  EXPECT_EQ(state.count(), 11u);
}

TEST(Observer, MovingAverage) {
  ObserverState state = ObserverState::movingAverage(0.25f);
  state.update({-4.0f, 8.0f});
  state.update({0.0f, 4.0f});
  EXPECT_EQ(state.min(), -3.0f);
  EXPECT_EQ(state.max(), 7.0f);
  state.update({NAN});
  EXPECT_EQ(state.max(), 7.0f);
  EXPECT_EQ(state.batches(), 3u);
}

TEST(Observer, MergeOrderDoesNotMatterBitwise) {
  std::vector<ObserverState> shards;
  ObserverState whole = ObserverState::histogram(128);
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const std::vector<float> values = normals(seed, 300, 0.5 * seed, std::exp2(3.0 * seed - 9));
    shards.push_back(ObserverState::histogram(128));
    shards.back().update(values);
    whole.update(values);
  }
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  do {
    ObserverState merged = ObserverState::histogram(128);
    for (int shard : order)
      ASSERT_EQ(messageOf(merged.merge(shards[shard], "t")), "(success)");
    ASSERT_TRUE(merged == whole);
    ASSERT_EQ(merged.serialize(), whole.serialize());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Observer, NegativeZeroDoesNotShowTheOrder) {
  ObserverState a = ObserverState::minMax();
  a.update({-0.0f, 0.0f});
  ObserverState b = ObserverState::minMax();
  b.update({0.0f, -0.0f});
  EXPECT_EQ(a.serialize(), b.serialize());
}

TEST(Observer, MergeErrors) {
  EXPECT_EQ(mergeMessage(ObserverState::minMax(), ObserverState::histogram()),
            "conv1.out: cannot merge a min_max state with a histogram state");
  EXPECT_EQ(mergeMessage(ObserverState::movingAverage(), ObserverState::movingAverage()),
            "conv1.out: a moving average depends on the order of its batches and cannot be merged; "
            "calibrate in one run, or use min_max or histogram");
  EXPECT_EQ(mergeMessage(ObserverState::histogram(64), ObserverState::histogram(32)),
            "conv1.out: cannot merge 64 bins with 32");
  EXPECT_EQ(mergeMessage(ObserverState::perChannel(3), ObserverState::perChannel(4)),
            "conv1.out: cannot merge 3 channels with 4");
  EXPECT_EQ(mergeMessage(ObserverState::perChannel(3), ObserverState::minMax()),
            "conv1.out: cannot merge a per_channel_min_max state with a min_max state");
  EXPECT_EQ(mergeMessage(ObserverState::movingAverage(), ObserverState::minMax()),
            "conv1.out: cannot merge a moving_average_min_max state with a min_max state");
}

TEST(Observer, BytesRoundTrip) {
  for (const ObserverState &state : examples()) {
    const std::string bytes = state.serialize();
    const ObserverState back = valueOf(ObserverState::deserialize(bytes, "s"));
    EXPECT_TRUE(back == state);
    EXPECT_EQ(back.serialize(), bytes);
  }
  // A large histogram of little data is small.
  EXPECT_LT(ObserverState::histogram().serialize().size(), 200u);
}

TEST(Observer, DamagedBytesAreErrors) {
  const std::string good = histogramState(1).serialize();
  EXPECT_EQ(readMessage("hello"), "s: not the state of an observer");
  std::string other = good;
  other[4] = 9;
  EXPECT_EQ(readMessage(other), "s: the observer state has version 9, expected 1; calibrate again");
  other = good;
  other[8] = 77;
  EXPECT_EQ(readMessage(other), "s: the observer state is of an unknown kind 77");
  EXPECT_EQ(readMessage(llvm::StringRef(good).take_front(40)),
            "s: the observer state is truncated");
  EXPECT_EQ(readMessage(llvm::StringRef(good).drop_back()),
            "s: the observer state is truncated or damaged");
  EXPECT_EQ(readMessage(good + "x"), "s: the observer state is truncated or damaged");
}

/// Whatever the bytes are, the result is an error or a state that can be worked with.
TEST(Observer, RandomDamageNeverCrashes) {
  Random random(21);
  for (const ObserverState &state : examples()) {
    const std::string good = state.serialize();
    for (int i = 0; i < 3000; ++i) {
      std::string bytes =
          good.substr(0, random.integer(0, 9) ? good.size() : random.integer(0, good.size()));
      if (!bytes.empty())
        bytes[random.integer(0, bytes.size() - 1)] = static_cast<char>(random.integer(0, 255));
      llvm::Expected<ObserverState> read = ObserverState::deserialize(bytes, "s");
      if (!read) {
        llvm::consumeError(read.takeError());
        continue;
      }
      if (read->kind() != StateKind::PerChannel)
        read->update({1e9f, -1e-9f});
    }
  }
}
