// State, delay lines, tables and lanes in small programs, against loops written by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "run.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("two states swap: a prev sees the old value however late it is read") {
  constexpr uint32_t kFrames = 130;
  Channels expected(2);
  float p = 1, q = 2;
  for (uint32_t i = 0; i < kFrames; ++i) {
    expected[0].push_back(p);
    expected[1].push_back(q);
    std::swap(p, q);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal first = b.state("p", Type::f32, 1, bits_of(1.0f)),
                     second = b.state("q", Type::f32, 1, bits_of(2.0f));
        b.next(first, second);
        b.next(second, first);
        b.output(add_output(b, 2), b.stack({first, second}));
      },
      {}, kFrames, expected);
}

TEST_CASE("a prev that stands after its next still reads the sample before") {
  constexpr uint32_t kFrames = 100;
  const std::vector<float> x = noise(kFrames, 13);
  Channels expected(1);
  for (uint32_t i = 0; i < kFrames; ++i) expected[0].push_back(i ? x[i - 1] : 0.5f);
  check_everywhere(
      [](Builder& b) {
        const Signal in = b.input(add_input(b));
        b.ir().states.push_back({"z", Type::f32, 1, 1, bits_of(0.5f)});
        Inst next{.op = Op::next, .type = Type::f32, .rate = Rate::sample, .entered = true};
        next.arg[0] = in.value;
        b.add(next);
        const Value prev = b.add({.op = Op::prev, .type = Type::f32, .rate = Rate::sample, .entered = true});
        b.output(add_output(b), {&b, prev});
      },
      {x}, kFrames, expected);
}

TEST_CASE("a one-pole of a thousand lanes remembers each lane") {
  constexpr uint32_t kFrames = 200, kLanes = 1000;
  const std::vector<float> x = noise(kFrames, 3);
  // The lanes' outputs are summed in groups of lanes equal modulo 2.
  Channels expected(2, std::vector<float>(kFrames));
  std::vector<float> z(kLanes);
  for (uint32_t i = 0; i < kFrames; ++i) {
    for (uint32_t l = 0; l < kLanes; ++l) {
      const float pole = static_cast<float>(l) * 0.0009f;
      z[l] = z[l] * pole + x[i];
    }
    for (uint32_t c = 0; c < 2; ++c) {
      float sum = z[c];
      for (uint32_t l = c + 2; l < kLanes; l += 2) sum = sum + z[l];
      expected[c][i] = sum;
    }
  }
  check_everywhere(
      [](Builder& b) {
        const Signal in = b.input(add_input(b));
        const Signal pole = b.op(Op::to_f32, b.lane(kLanes)) * b.literal(Type::f32, bits_of(0.0009f));
        const Signal before = b.state("z", Type::f32, kLanes);
        const Signal now = before * pole + in;
        b.next(before, now);
        b.output(add_output(b, 2), b.fold(now, 2));
      },
      {x}, kFrames, expected);
}

TEST_CASE("taps read 0, 1 and the longest delay back, and clamp what is beyond") {
  constexpr uint32_t kFrames = 700;
  constexpr int32_t kLongest = 300;
  const std::vector<float> x = noise(kFrames, 5);
  const auto delayed = [&](uint32_t i, int64_t d) { return d <= i ? x[i - static_cast<uint32_t>(d)] : 0.0f; };
  const std::array<std::pair<int32_t, int32_t>, 6> delays = {
      {{0, 0}, {1, 1}, {77, 77}, {kLongest, kLongest}, {-5, 0}, {100'000, kLongest}}};
  Channels expected(delays.size() + 1);
  for (uint32_t i = 0; i < kFrames; ++i) {
    for (size_t d = 0; d < delays.size(); ++d) expected[d].push_back(delayed(i, delays[d].second));
    expected[delays.size()].push_back(delayed(i, i * 3 % 128));
  }
  check_everywhere(
      [&](Builder& b) {
        const uint32_t line = b.line("line", 1, kLongest);
        const Signal pushed = b.push(line, b.input(add_input(b)));
        std::vector<Signal> taps;
        for (const auto& [asked, read] : delays) taps.push_back(b.tap(line, b.integer(asked), 0, pushed));
        // A delay that moves every sample.
        const Signal moving = b.op(Op::iand, b.op(Op::imul, b.frame(), b.integer(3)), b.integer(127));
        taps.push_back(b.tap(line, moving, 0, pushed));
        b.output(add_output(b, static_cast<uint32_t>(taps.size())), b.stack(taps));
      },
      {x}, kFrames, expected);
}

TEST_CASE("an echo feeds itself through its shortest delay, and through one longer than a chunk") {
  constexpr uint32_t kFrames = 600;
  const std::vector<float> x = noise(kFrames, 6);
  for (const uint32_t delay : {1u, 2u, 63u, 64u, 65u, 200u}) {
    Channels expected(1);
    for (uint32_t i = 0; i < kFrames; ++i)
      expected[0].push_back(i < delay ? x[i] + 0.0f * 0.5f : x[i] + expected[0][i - delay] * 0.5f);
    check_everywhere(
        [&](Builder& b) {
          const uint32_t line = b.line("line", 1, delay);
          const Signal echo = b.tap(line, b.integer(static_cast<int32_t>(delay)), delay);
          const Signal y = b.input(add_input(b)) + echo * 0.5;
          b.push(line, y);
          b.output(add_output(b), y);
        },
        {x}, kFrames, expected);
  }
}

TEST_CASE("lanes of one line are rings of their own, each with its own delay") {
  constexpr uint32_t kFrames = 300, kLanes = 5;
  const std::vector<float> x = noise(kFrames, 8);
  Channels expected(kLanes);
  for (uint32_t l = 0; l < kLanes; ++l)
    for (uint32_t i = 0; i < kFrames; ++i) {
      const uint32_t delay = 10 * l + 1;
      expected[l].push_back(i < delay ? 0.0f : x[i - delay] * static_cast<float>(l));
    }
  check_everywhere(
      [](Builder& b) {
        const Signal in = b.input(add_input(b));
        const Signal lane = b.lane(kLanes);
        const uint32_t line = b.line("line", kLanes, 50);
        const Signal pushed = b.push(line, in * b.op(Op::to_f32, lane));
        const Signal delay = b.op(Op::iadd, b.op(Op::imul, lane, b.integer(10)), b.integer(1));
        b.output(add_output(b, kLanes), b.tap(line, delay, 0, pushed));
      },
      {x}, kFrames, expected);
}

TEST_CASE("a line stores 0 for what is not finite") {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {1, inf, 2, -inf, std::numeric_limits<float>::quiet_NaN(), 3};
  check_everywhere(
      [](Builder& b) {
        const uint32_t line = b.line("line", 1, 4);
        const Signal pushed = b.push(line, b.input(add_input(b)));
        b.output(add_output(b), b.tap(line, b.integer(0), 0, pushed));
      },
      {x}, 6, {{1, 0, 2, 0, 0, 3}});
}

TEST_CASE("four delay lines feed each other through a matrix within one sample") {
  constexpr uint32_t kFrames = 400, kLanes = 4;
  const std::vector<float> x = noise(kFrames, 9);
  Channels expected(1);
  std::array<std::vector<float>, kLanes> ring;
  for (uint32_t i = 0; i < kFrames; ++i) {
    std::array<float, kLanes> read{};
    for (uint32_t l = 0; l < kLanes; ++l) read[l] = i >= 3 + 2 * l ? ring[l][i - 3 - 2 * l] : 0.0f;
    const float mix = ((read[0] + read[1]) + read[2]) + read[3];
    for (uint32_t l = 0; l < kLanes; ++l) ring[l].push_back((read[(l + 1) % kLanes] - mix * 0.5f) * 0.9f + x[i]);
    expected[0].push_back(mix);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal in = b.input(add_input(b));
        const uint32_t line = b.line("line", kLanes, 16);
        const Signal delay = b.op(Op::iadd, b.op(Op::imul, b.lane(kLanes), b.integer(2)), b.integer(3));
        const Signal read = b.tap(line, delay, 3);
        const Signal mix = b.fold(read, 1);
        const Signal turned = b.stack({b.relane(read, {.offset = 1}, kLanes - 1), b.extract(read, 0)});
        b.push(line, (turned - mix * 0.5) * 0.9 + in);
        b.output(add_output(b), mix);
      },
      {x}, kFrames, expected);
}

TEST_CASE("relanes and stacks show other lanes of what is there") {
  constexpr uint32_t kFrames = 100;
  const Channels in = {noise(kFrames, 1), noise(kFrames, 2), noise(kFrames, 3)};
  Channels expected(6);
  for (uint32_t i = 0; i < kFrames; ++i) {
    const float doubled[3] = {in[0][i] + in[0][i], in[1][i] + in[1][i], in[2][i] + in[2][i]};
    const float values[6] = {in[2][i], in[1][i], doubled[0], doubled[0], doubled[2], 0.25f};
    for (uint32_t c = 0; c < 6; ++c) expected[c].push_back(values[c]);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal x = b.input(add_input(b, 3));
        const Signal twice = x + x;
        const Signal pair = b.relane(twice, {.offset = 0, .stride = 2, .repeat = 2}, 3);  // lanes 0, 0, 2
        const Signal quarter = b.literal(Type::f32, bits_of(0.25f));
        b.output(add_output(b, 6), b.stack({b.extract(x, 2), b.extract(x, 1), pair, quarter}));
      },
      in, kFrames, expected);
}

TEST_CASE("a sum has one order: 16 partial sums by index, then pairs") {
  constexpr uint32_t kFrames = 90, kChannels = 37;
  Channels in;
  for (uint32_t c = 0; c < kChannels; ++c) in.push_back(noise(kFrames, 100 + c));
  Channels expected(1);
  for (uint32_t i = 0; i < kFrames; ++i) {
    std::vector<float> parts(16);
    for (uint32_t c = 0; c < kChannels; ++c) parts[c % 16] = c < 16 ? in[c][i] : parts[c % 16] + in[c][i];
    for (; parts.size() > 1; parts.resize(parts.size() / 2))
      for (size_t p = 0; p < parts.size() / 2; ++p) parts[p] = parts[2 * p] + parts[2 * p + 1];
    expected[0].push_back(parts[0]);
  }
  check_everywhere([](Builder& b) { b.output(add_output(b), b.sum(b.input(add_input(b, kChannels)))); }, in, kFrames,
                   expected);
}

TEST_CASE("tables are read with clamped indices, and written ones remember") {
  constexpr uint32_t kFrames = 150;
  Channels expected(2);
  std::vector<float> written(8);
  for (uint32_t i = 0; i < kFrames; ++i) {
    const int32_t index = static_cast<int32_t>(i % 16) - 4;
    const uint32_t at = static_cast<uint32_t>(std::clamp(index, 0, 7));
    expected[0].push_back(static_cast<float>(at) * 10);
    expected[1].push_back(written[at]);
    written[at] = static_cast<float>(i);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal index = b.op(Op::isub, b.op(Op::iand, b.frame(), b.integer(15)), b.integer(4));
        const uint32_t fixed = b.table({.key = "fixed", .size = 8, .data = {0, 10, 20, 30, 40, 50, 60, 70}});
        const uint32_t memory = b.table({.key = "memory", .size = 8, .writable = true});
        const Signal first = b.table_get(fixed, index), second = b.table_get(memory, index);
        Inst set{.op = Op::table_set, .type = Type::f32, .rate = Rate::sample, .entered = true};
        set.imm = memory;
        set.arg[0] = index.value;
        set.arg[1] = b.op(Op::to_f32, b.frame()).value;
        b.add(set);
        b.output(add_output(b, 2), b.stack({first, second}));
      },
      {}, kFrames, expected);
}

TEST_CASE("more values than a page of registers keep apart in a long chain") {
  constexpr uint32_t kFrames = 70, kTerms = 300;
  const std::vector<float> x = noise(kFrames, 4);
  Channels expected(1);
  for (uint32_t i = 0; i < kFrames; ++i) {
    std::vector<float> terms;
    for (uint32_t t = 0; t < kTerms; ++t) terms.push_back(x[i] * (static_cast<float>(t) + 0.5f));
    float sum = terms[0];
    for (uint32_t t = kTerms; t-- > 1;) sum = sum - terms[t];
    expected[0].push_back(sum);
  }
  check_everywhere(
      [](Builder& b) {
        const Signal in = b.input(add_input(b));
        std::vector<Signal> terms;
        for (uint32_t t = 0; t < kTerms; ++t) terms.push_back(in * (t + 0.5));
        Signal sum = terms[0];
        for (uint32_t t = kTerms; t-- > 1;) sum = sum - terms[t];
        b.output(add_output(b), sum);
      },
      {x}, kFrames, expected);
}
