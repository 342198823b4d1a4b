// One step of the plan as straight-line code over values: what the loops repeat for each vector or sample.
//
// Everything that lies in memory (literals, controls, rows, states) is a leaf that can be read again at any time.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emitter.hpp"
#include "recipe.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::jit {

struct Leaf {
  enum Kind : uint8_t {
    literal,  ///< `bits` in all lanes
    iota,  ///< sample of each lane within the vectors of one turn: 0, 1, 2 …, or, where `bits` is not 0, that of phase
           ///< bits − 1 of chunks
    wide,     ///< a whole aligned vector at pointer + offset
    total,    ///< local frames of the call, as i32; for probes
    element,  ///< 4 bytes at pointer + offset
    row,      ///< consecutive samples at pointer + offset + 4 · local frame
    // Of a lanes step:
    sample,        ///< one sample for all lanes, at pointer + offset + 4 · local frame
    lane_element,  ///< 4 bytes per lane, one after another from pointer + offset
    lane_row,      ///< the lanes' samples of the frame: tile `bits`
    lane_index,    ///< the lanes' own numbers, as i32
  } kind = literal;
  /// At pointer + offset.
  bool has_pointer() const {
    return kind == element || kind == wide || kind == row || kind == sample || kind == lane_element;
  }
  /// Interleaved copies of the body have one each.
  bool per_copy() const { return kind == row || kind == lane_element || kind == lane_row || kind == lane_index; }
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
  uint32_t pointer = kNoValue;  ///< kNoValue: none
  int32_t offset = 0;
  uint32_t low = 0, high = 0, second = 0, row = 0;
  // Where several copies of the body run side by side
  bool once = false;         ///< the first copy computes it for all
  uint32_t step = kNoValue;  ///< the others have it from the copy before, by adding this i32
};

/// How a lanes step reaches rows of several lanes. Tiles have one vector of lanes per frame and copy of the body; they
/// are filled from rows before the time loop runs over their frames, and emptied to rows after it.
struct LaneRows {
  struct Rows {
    uint32_t tile = 0;  ///< or the fold
    uint32_t pointer = 0;
    int32_t offset = 0;
    int32_t stride = 0;  ///< bytes from row to row, or from entry to entry of a pointer list
    bool list = false;
  };
  struct Fold {
    uint32_t lanes = 0;  ///< a multiple of 16
    uint32_t first = 0;  ///< of all folds' sums: where its own begin
    bool whole = false;  ///< only the sum of all 16 lanes is stored
    std::vector<Rows> outs;
  };
  std::vector<Rows> ins, outs;
  std::vector<Fold> folds;
  uint32_t tiles = 0, sums = 0;
};

struct Body {
  struct State {
    uint32_t value = kNoValue;  ///< its prev, where it is read; in chunks the same in all lanes
    uint32_t pointer = 0;
    int32_t offset = 0;
  };
  /// An integer state to which the same is added in every sample: changed once, after the loop.
  struct Counter {
    uint32_t pointer = 0;
    int32_t offset = 0;
    uint32_t increment = kNoValue;  ///< a leaf: a literal or an element
  };
  /// In samples, as a tap asks for it, before it is clamped to `least`. `value` is a leaf: a row or an element.
  struct Delay {
    uint32_t value = kNoValue;
    int32_t least = 0;
  };
  struct Probe {
    uint32_t pointer = 0;
    int32_t offset = 0;  ///< in the probe area
  };
  /// The frames of a call in a delay line's ring: those that a tap reads, or a push writes. Not for taps that are tied
  /// (Plan::tied).
  struct Window {
    Pointer ring;
    uint32_t capacity = 0;
    bool push = false;
    int32_t low = 0, high = 0;  ///< of the delay in samples; where these are not the same, it lies at pointer + offset
    uint32_t pointer = 0;
    int32_t offset = 0;
  };
  std::vector<BodyNode> nodes;
  std::vector<uint32_t> leaf_of;  ///< per value: its leaf, or kNoValue where a node computes it
  std::vector<Leaf> leaves;
  std::vector<Pointer> pointers;
  std::vector<State> states;
  std::vector<Window> windows;  ///< of time-parallel loops
  std::vector<Counter> counters;
  std::vector<Probe> probes;  ///< probe p accumulates at 128 · p of the scratch area
  LaneRows lane_rows;         ///< of a lanes step
  Delay delay;                ///< of what is made by lower_delay() alone
  uint32_t lanes = 1;         ///< that the loop runs over
  uint32_t abreast = 1;       ///< of them side by side (abreast.hpp)
  uint32_t clock = 1;         ///< of the time loop
  /// 0: one vector of consecutive samples a turn. Else a turn is this many vectors, its phases: each lane holds a chunk
  /// of as many consecutive samples (plan.hpp, chunk_in_lane), and recurrences are solved. Where all that is solved are
  /// shifts, phases hold consecutive samples.
  uint32_t samples = 0;
  bool last = false;  ///< of its step's bodies
};
inline constexpr uint32_t kProbeBytes = 128;
inline constexpr uint32_t kMaxWindows = 2048;  ///< of a body: each has a row in the scratch area
inline constexpr uint32_t kMaxPhases = 4;

/// A value as what it is made of: affine + Σ column[k] · state k at the chunk's start. kNoValue is 0.
struct Form {
  uint32_t affine = kNoValue;
  std::vector<uint32_t> column;
};

class Lowering {
 public:
  Lowering(const Ir& ir, const Plan& plan, const Isa& isa);

  /// The body of a time-parallel or serial step, or of an upsample or decimate (one sample of the slower clock per
  /// turn). `inst` of every node points into the Ir. Empty, with problem() set, where the plan asks for what is not
  /// sample code.
  Body lower(const Step& step);
  /// The body of a time-parallel step with recurrences, in chunks of 4 samples or 1.
  Body lower_chunks(const Step& step, uint32_t samples);
  /// No code, but where the delay is found that a tap of an `either` step asks for.
  Body lower_delay(Value tap);
  /// Whether these taps may read what the same call pushes. At first as Plan::tied says.
  void set_tied(const std::vector<Value>& taps, bool tied);
  const std::string& problem() const { return problem_; }

 private:
  void begin(const Step& step);
  void count_uses(const Step& step);
  void lower_inst(Value value);
  void lower_state(Value value, const Inst& inst);
  void lower_line(Value value, const Inst& inst);
  bool may_have_window(Value value, const Inst& inst) const;
  std::pair<int32_t, int32_t> delay_bounds(const Inst& tap) const;
  uint32_t window(const Inst& inst, const Body::Window& window);
  void lower_tap_window(Value value, const Inst& inst, int32_t shortest, int32_t longest);
  void lower_push_window(Value value, const Inst& inst);
  void lower_table(Value value, const Inst& inst);
  void lower_probe(const Inst& inst);
  void lower_op(Value value, const Inst& inst);
  bool merge_compare(Value value, const Inst& inst);
  void list_stores(const Step& step);
  void lower_stores(Value value);
  void lower_store(const Store& store, const std::array<uint32_t, kMaxPhases>& rows);
  void lower_other_stores(const Step& step);
  void lower_nexts();
  void lower_resample(const Step& step);

  // Chunks (body_chunks.cpp, body_scan.cpp)
  using Phases = std::array<uint32_t, kMaxPhases>;
  template <class Finish>
  void lower_push(Value value, const Inst& inst, const Finish& finish);
  void lower_row(Leaf first, Value value);
  void bind_phases(Value value, const Phases& phases);
  void drop_unused();
  Phases transposed(const Phases& rows);
  Phases phases_of(Value value);
  Phases rows_of(Value value);  ///< in the order of time
  bool only_keeps(const Recurrence& recurrence) const;
  void lower_recurrence(const Recurrence& recurrence);
  void add_states(const Recurrence& recurrence);
  uint32_t carried(size_t state) const { return body_.states[first_state_ + state].value; }
  void carry_on(const std::vector<uint32_t>& after);
  void run_phases(const Recurrence& recurrence, const std::vector<uint32_t>& starts);
  uint32_t shifted(uint32_t value, uint32_t chunks, uint32_t fill);
  uint32_t last_of(uint32_t value);
  uint32_t last_lane();
  void lower_shift(const Recurrence& recurrence);
  void lower_counter(Value value, const Inst& inst);
  void lower_steady_sum(const Recurrence& recurrence);
  uint32_t times_width(uint32_t increment);
  void lower_constant(const Recurrence& recurrence);
  uint32_t number(const LinearTable& table, uint32_t from, size_t index, Leaf::Kind kind);
  const LinearTable::Version& version_of(const LinearTable& table) const;
  std::vector<uint32_t> sums_of_chunks(const LinearTable& table, const std::vector<Phases>& entering);
  std::vector<uint32_t> carried_to_chunks(const LinearTable& table);
  std::vector<uint32_t> scan_constant(const LinearTable& table, const std::vector<Phases>& entering);
  void constant_outputs(const Recurrence& recurrence, const std::vector<Phases>& entering,
                        const std::vector<uint32_t>& starts);
  void lower_varying(const Recurrence& recurrence);
  std::vector<Form> forms_of_chunk(const Recurrence& recurrence);
  Form form_of(Value value, const Recurrence& recurrence, const std::vector<Form>& states);
  uint32_t negated(uint32_t value);             ///< kNoValue counts as 0
  uint32_t sum_of(uint32_t a, uint32_t b);      ///< kNoValue counts as 0, one_ as 1
  uint32_t product_of(uint32_t a, uint32_t b);  ///< the same
  uint32_t plus_product(uint32_t sum, uint32_t a, uint32_t b);

  void await_negation(Value value);
  bool awaited(Value value) const;
  uint32_t factor(Value value, uint32_t i, uint32_t& minus);
  uint32_t value_of(Value value);  ///< the body's value, made as a leaf where another step or the plan has it
  uint32_t place_leaf(Value value, const Inst& inst);
  uint32_t ramp(Value value, const Inst& inst);
  uint32_t index_plus(Pointer::Kind base, uint32_t clock);
  uint32_t running_sum(uint32_t a, uint32_t b, uint32_t step);
  uint32_t iota();
  uint32_t computed();
  uint32_t leaf(const Leaf& leaf);
  uint32_t literal(uint32_t bits) { return leaf({.kind = Leaf::literal, .bits = bits}); }
  uint32_t pointer(Pointer::Kind kind, uint32_t index, bool per_lane, uint32_t stride);
  uint32_t store_pointer(const Store& store, uint32_t clock, int32_t& offset);
  uint32_t row_of_lanes(const Inst& inst, ValuePlace place);
  uint32_t lane_table_index(const TableSlot& table, uint32_t index);
  void lower_lane_fold(Value value, const Inst& inst);
  bool lower_lane_sum(Value value);
  void lower_lane_store(const Store& store);
  void finish_lanes();
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
  bool store_is_last_ = false;  // the only one, to an output that may be where an input lies
  bool in_lanes_ = false;       // values are vectors over lanes, of one sample
  uint32_t inst_ = UINT32_MAX;
  std::vector<bool> tied_;           // per inst
  std::vector<uint32_t> tied_taps_;  // per line: how many of its taps are tied
  std::vector<Phases> local_;        // per inst: the body's values, valid where the stamp is this step's
  std::vector<uint32_t> stamp_;
  std::vector<uint32_t> uses_, member_;  // per inst; member_ holds the epoch of the step whose body it is in
  std::vector<uint32_t> first_store_, stamp_of_stores_;  // per inst: the first of the step's stores of it
  std::vector<uint32_t> next_store_;                     // per store: the next of the same value
  std::vector<uint32_t> negated_;  // per inst: epoch of the step in which this negation waits to be asked for
  uint32_t epoch_ = 0;
  std::vector<Value> nexts_;
  std::unordered_map<uint64_t, uint32_t> pointer_at_;
  std::unordered_map<uint32_t, uint32_t> state_at_;
  std::unordered_map<uint32_t, uint32_t> index_at_, literal_at_;
  std::unordered_map<uint32_t, std::pair<Phases, Phases>> rows_at_;  // by phase 0: all phases, and them as rows
  std::unordered_map<uint32_t, uint32_t> merged_;                    // select → its compare
  std::unordered_map<uint32_t, uint32_t> tile_of_;  // lanes: inst → the tile that its stores share, or its fold
  Phases ramp_time_{};
  uint32_t phase_ = 0;             // whose values are being made
  uint32_t phases_ = 1;            // per turn
  bool in_rows_ = false;           // phases are vectors of consecutive samples
  size_t first_state_ = 0;         // of the recurrence being lowered, in body_.states
  uint32_t last_lane_ = kNoValue;  // index of the last lane that counts
  uint32_t one_ = kNoValue;        // the literal 1 of the recurrence's type
  bool integers_ = false;          // the recurrence's states are
  bool masks_ = false;             // its coefficients are all bits or none
  std::unordered_map<uint32_t, Form> forms_;
  std::unordered_map<uint32_t, uint32_t> minus_;  // negations made for forms: of what
  std::string problem_;
};

}  // namespace sinter::jit
