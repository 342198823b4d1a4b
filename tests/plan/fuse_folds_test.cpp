// Folds move into the lanes loop that computes what they sum, where that loop can do them.
#include "fuse_folds.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sinter/ir/builder.hpp"

using namespace sinter;

namespace {

// A recurrence of 64 lanes and folds of it, as steps: the recurrence in lanes, each fold by itself.
struct Folds {
  Ir ir;
  Builder b{ir};
  std::vector<Step> steps;
  Value next_of_state;

  Value recurrence(uint32_t lanes, StepKind kind) {
    Signal z = b.state("z", Type::f32, lanes);
    Signal y = z * 0.5 + 1.0;
    b.next(z, y);
    next_of_state = ir.roots.back();
    steps.push_back({.kind = kind, .lanes = lanes, .body = {z.value, y.value, next_of_state}});
    return y.value;
  }
  Value fold(Value of, uint32_t lanes) {
    const Value made = b.fold({&b, of}, lanes).value;
    steps.push_back({.kind = StepKind::fold, .lanes = lanes, .body = {made}});
    return made;
  }
};

}  // namespace

TEST_CASE("folds to a multiple of 16 lanes move behind what they sum, whatever else reads it") {
  Folds f;
  const Value y = f.recurrence(64, StepKind::lanes);
  const Value first = f.fold(y, 16), second = f.fold(y, 32);
  planning::fuse_folds(f.ir, f.steps);
  REQUIRE(f.steps.size() == 1);
  const std::vector<Value>& body = f.steps[0].body;
  const auto at = std::find(body.begin(), body.end(), y);
  REQUIRE(body.end() - at == 4);
  CHECK(((at[1] == first && at[2] == second) || (at[1] == second && at[2] == first)));
  CHECK(at[3] == f.next_of_state);
}

TEST_CASE("folds that a lanes loop cannot do stay steps of their own") {
  Folds narrow;
  const Value y = narrow.recurrence(64, StepKind::lanes);
  narrow.fold(y, 1);
  narrow.fold(y, 8);
  const Value sums = narrow.fold(y, 16);
  narrow.fold(sums, 2);
  planning::fuse_folds(narrow.ir, narrow.steps);
  REQUIRE(narrow.steps.size() == 4);
  CHECK(narrow.steps[0].kind == StepKind::lanes);
  for (size_t s = 1; s < 4; ++s) CHECK(narrow.steps[s].kind == StepKind::fold);
  CHECK(narrow.ir[narrow.steps[3].body[0]].lanes == 2);

  Folds wide;
  wide.fold(wide.recurrence(4096, StepKind::lanes), 512);
  planning::fuse_folds(wide.ir, wide.steps);
  CHECK(wide.steps.size() == 2);

  // The limit holds for all sums of a step together.
  Folds several;
  const Value bank = several.recurrence(4096, StepKind::lanes);
  for (const uint32_t sums_of_one : {240u, 256u, 256u, 256u, 128u, 16u}) several.fold(bank, sums_of_one);
  planning::fuse_folds(several.ir, several.steps);
  REQUIRE(several.steps.size() == 2);
  CHECK(several.ir[several.steps[1].body[0]].lanes == 128);

  Folds serial;
  serial.fold(serial.recurrence(64, StepKind::serial), 16);
  planning::fuse_folds(serial.ir, serial.steps);
  CHECK(serial.steps.size() == 2);
}
