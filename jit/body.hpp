// One step of the plan as straight-line code over values: what the loops repeat for each vector or sample.
//
// Everything that lies in memory (literals, controls, rows, states) is a leaf that can be read again at any time.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "emitter.hpp"
#include "recipe.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

struct Leaf {
  enum Kind : uint8_t {
    literal,  ///< `bits` in all lanes
    iota,     ///< 0, 1, 2 …
    total,    ///< local frames of the call, as i32; for probes
    element,  ///< 4 bytes at pointer + offset
    row,      ///< consecutive samples at pointer + offset + 4 · local frame
  } kind = literal;
  uint32_t pointer = 0;
  int32_t offset = 0;
  uint32_t bits = 0;
};

struct BodyNode {
  const Recipe* recipe = nullptr;
  uint32_t dst = kNoValue;
  uint32_t arg[kMaxArgs] = {kNoValue, kNoValue, kNoValue, kNoValue};
  uint8_t args = 0;
  uint32_t inst = UINT32_MAX;
  // As in Operands
  uint32_t pointer = 0;
  int32_t offset = 0;
  uint32_t low = 0, high = 0, second = 0;
};

struct Body {
  struct State {
    uint32_t value = kNoValue;  ///< its prev, where it is read
    uint32_t pointer = 0;
    int32_t offset = 0;
  };
  struct Probe {
    uint32_t pointer = 0;
    int32_t offset = 0;  ///< in the probe area
  };
  std::vector<BodyNode> nodes;
  std::vector<uint32_t> leaf_of;  ///< per value: its leaf, or kNoValue where a node computes it
  std::vector<Leaf> leaves;
  std::vector<Pointer> pointers;
  std::vector<State> states;
  std::vector<Probe> probes;  ///< probe p accumulates at 128 · p of the scratch area
  uint32_t lanes = 1;
  uint32_t clock = 1;  ///< of the time loop
};
inline constexpr uint32_t kProbeBytes = 128;

class Lowering {
 public:
  Lowering(const Ir& ir, const Plan& plan, const Isa& isa);

  /// The body of a time-parallel or serial step, or of an upsample or decimate (one sample of the slower clock per
  /// turn). `inst` of every node points into the Ir. Empty, with problem() set, where the plan asks for what is not
  /// sample code.
  Body lower(const Step& step);
  const std::string& problem() const { return problem_; }

 private:
  void count_uses(const Step& step);
  void lower_inst(Value value);
  void lower_state(Value value, const Inst& inst);
  void lower_line(Value value, const Inst& inst);
  void lower_table(Value value, const Inst& inst);
  void lower_probe(const Inst& inst);
  void lower_op(Value value, const Inst& inst);
  bool merge_compare(Value value, const Inst& inst);
  void list_stores(const Step& step);
  void lower_stores(Value value);
  void lower_store(const Store& store);
  void lower_nexts();
  void lower_resample(const Step& step);

  uint32_t value_of(Value value);  ///< the body's value, made as a leaf where another step or the plan has it
  uint32_t place_leaf(Value value, const Inst& inst);
  uint32_t ramp(Value value, const Inst& inst);
  uint32_t index_plus(Pointer::Kind base, uint32_t clock);
  uint32_t computed();
  uint32_t leaf(const Leaf& leaf);
  uint32_t literal(uint32_t bits) { return leaf({.kind = Leaf::literal, .bits = bits}); }
  uint32_t pointer(Pointer::Kind kind, uint32_t index, bool per_lane, uint32_t stride);
  uint32_t store_pointer(const Store& store, uint32_t clock, int32_t& offset);
  BodyNode& node(const Recipe& recipe, uint32_t dst, std::initializer_list<uint32_t> args);
  uint32_t compute(Op op, uint32_t a, uint32_t b = kNoValue);
  void bind(Value value, uint32_t local);
  uint32_t fail(const std::string& message);

  const Ir& ir_;
  const Plan& plan_;
  const Isa& isa_;
  const Step* step_ = nullptr;
  Body body_;
  bool serial_ = false;
  uint32_t inst_ = UINT32_MAX;
  std::vector<uint32_t> local_, stamp_;  // per inst: the body's value, valid where the stamp is this step's
  std::vector<uint32_t> uses_, member_;  // per inst; member_ holds the epoch of the step whose body it is in
  std::vector<uint32_t> first_store_, stamp_of_stores_;  // per inst: the first of the step's stores of it
  std::vector<uint32_t> next_store_;                     // per store: the next of the same value
  uint32_t epoch_ = 0;
  std::vector<Value> nexts_;
  std::unordered_map<uint64_t, uint32_t> pointer_at_;
  std::unordered_map<uint32_t, uint32_t> state_at_;
  std::unordered_map<uint32_t, uint32_t> index_at_, literal_at_;
  std::unordered_map<uint32_t, uint32_t> merged_;  // select → its compare
  uint32_t ramp_time_ = kNoValue;
  std::string problem_;
};

}  // namespace sinter::jit
