// Where every sample-rate value lives: registers where it can, rows of the buffers where steps meet, host rows for
// inputs and outputs. Buffers are reused once their last reader has run.
#include <algorithm>
#include <map>

#include "sinter/base/round_up.hpp"
#include "units.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNever = UINT32_MAX;

bool writes_rows_only(StepKind kind) {
  return kind == StepKind::fold || kind == StepKind::upsample || kind == StepKind::decimate || kind == StepKind::call;
}

class Placer {
 public:
  Placer(const Ir& ir, const std::vector<bool>& live, Plan& plan)
      : ir_(ir),
        live_(live),
        plan_(plan),
        leaf_(ir.size(), kNever),
        other_leaf_(ir.size(), kNever),
        row_(ir.size(), false),
        last_use_(ir.size(), 0),
        buffer_(ir.size(), kNever),
        row_clock_(ir.size(), 1) {}

  void run() {
    number_steps();
    plan_outputs();
    mark_rows();
    add_materialising_steps();
    find_last_uses();
    allocate();
    make_rows();
    add_stores();
    plan_.unlimited_frames = plan_.layout.buffer_bytes == 0;
    plan_.reads_input_late = !single_pass();
  }

 private:
  template <class F>
  static void for_leaves(std::vector<Step>& steps, F&& visit) {
    for (uint32_t s = 0; s < steps.size(); ++s) for_leaves_of(steps[s], s, visit);
  }
  template <class F>
  static void for_leaves_of(Step& step, uint32_t s, F& visit) {
    if (step.kind != StepKind::woven && step.kind != StepKind::either) return visit(step, s);
    for (Step& inner : step.inner) for_leaves_of(inner, s, visit);
    for (Step& other : step.otherwise) for_leaves_of(other, s, visit);
  }

  void number_steps() {
    plan_.step_of.assign(ir_.size(), kNever);
    uint32_t leaf = 0;
    for_leaves(plan_.steps, [&](Step& step, uint32_t s) {
      for (Value v : step.body) {
        if (is_free_source(ir_[v].op)) continue;
        (computed(v) ? other_leaf_ : leaf_)[v.index] = leaf;
        plan_.step_of[v.index] = s;
      }
      ++leaf;
    });
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (live_[i] && ir_.insts[i].op == Op::call_output) plan_.step_of[i] = plan_.step_of[ir_.insts[i].arg[0].index];
  }

  bool computed(Value v) const { return leaf_[v.index] != kNever; }
  bool computed_in(Value v, uint32_t leaf) const { return leaf_[v.index] == leaf || other_leaf_[v.index] == leaf; }

  // An output is stored by the step that computes its value; what nothing computes (an input, a view) is copied by a
  // step of its own at the end. A stack is stored part by part.
  void plan_outputs() {
    for (Value root : ir_.roots) {
      const Inst& inst = ir_[root];
      if (inst.op != Op::output) continue;
      const uint32_t channel = plan_.layout.outputs[inst.imm].first_channel;
      const uint32_t channels = plan_.layout.outputs[inst.imm].channels;
      const uint32_t lanes = ir_[inst.arg[0]].lanes;
      if (lanes == channels) plan_output(inst.arg[0], channel);
      else
        for (uint32_t c = 0; c < channels; ++c) plan_output(inst.arg[0], channel + c);
    }
    for (const auto& [value, channel] : copies_) {
      Step copy{.kind = StepKind::time_parallel, .lanes = ir_[value].lanes, .clock = 1};
      copy.stores.push_back({value, Store::output, channel});
      if (is_free_source(ir_[value].op)) copy.body.push_back(value);
      plan_.steps.push_back(std::move(copy));
    }
  }

  void plan_output(Value v, uint32_t channel) {
    const Inst& inst = ir_[v];
    if (inst.op == Op::stack && inst.rate == Rate::sample) {
      uint32_t at = channel;
      for_args(ir_, inst, [&](Value part) {
        plan_output(part, at);
        at += ir_[part].lanes;
      });
      return;
    }
    if (computed(v) && !writes_rows_only(kind_of(v))) direct_.push_back({v, channel});
    else copies_.emplace_back(v, channel);
  }

  StepKind kind_of(Value v) const {
    const Step& step = plan_.steps[plan_.step_of[v.index]];
    const bool holds_folds = step.kind == StepKind::woven || step.kind == StepKind::either;
    return holds_folds && ir_[v].op == Op::fold ? StepKind::fold : step.kind;
  }

  void need_row(Value v) {
    if (ir_[v].op != Op::input) row_[v.index] = true;
  }

  // Which values other steps, views and row readers want as rows.
  void mark_rows() {
    uint32_t leaf = 0;
    for_leaves(plan_.steps, [&](Step& step, uint32_t) {
      const bool wants_rows = writes_rows_only(step.kind);
      for (const Recurrence& recurrence : step.recurrences)
        for (Value a : recurrence.inputs)
          if (computed(a) ? !computed_in(a, leaf) : is_view(ir_[a]) || ir_[a].op == Op::call_output) need_row(a);
      for (Value v : step.body) {
        if (wants_rows && ir_[v].op != Op::call) need_row(v);
        for_args(ir_, ir_[v], [&](Value a) {
          if (ir_[a].op == Op::call) return;
          const bool elsewhere =
              (computed(a) && !computed_in(a, leaf)) || is_view(ir_[a]) || ir_[a].op == Op::call_output;
          if (wants_rows || elsewhere) need_row(a);
        });
      }
      for (const Store& store : step.stores)
        if (computed(store.value) || is_view(ir_[store.value]) || ir_[store.value].op == Op::call_output)
          need_row(store.value);
      ++leaf;
    });
    // A view wants rows of what it shows, as long as its own: constants and controls have no clock themselves.
    for (uint32_t i = ir_.size(); i-- > 0;) {
      row_clock_[i] = std::max(row_clock_[i], ir_.insts[i].clock);
      if (!row_[i] || !is_view(ir_.insts[i])) continue;
      for_args(ir_, ir_.insts[i], [&](Value a) {
        need_row(a);
        row_clock_[a.index] = std::max(row_clock_[a.index], row_clock_[i]);
      });
    }
    // Every output of a live call needs a place to be written to.
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      if (!live_[i] || inst.op != Op::call_output) continue;
      row_[i] = true;
      call_outputs_[{inst.imm, inst.imm2}] = i;
    }
  }

  // Constants, controls, ramps and free sources that are wanted as rows are written to some by steps at the beginning.
  void add_materialising_steps() {
    std::vector<Step> steps;
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      if (!row_[i] || computed({i}) || is_view(inst) || inst.op == Op::call_output) continue;
      Step step{.kind = StepKind::time_parallel, .lanes = inst.lanes, .clock = row_clock_[i]};
      if (is_free_source(inst.op)) step.body.push_back({i});
      materialised_.push_back(i);
      steps.push_back(std::move(step));
    }
    if (steps.empty()) return;
    const uint32_t shift = static_cast<uint32_t>(steps.size());
    for (uint32_t& s : plan_.step_of)
      if (s != kNever) s += shift;
    for (uint32_t k = 0; k < materialised_.size(); ++k) def_[materialised_[k]] = k;
    plan_.steps.insert(plan_.steps.begin(), std::make_move_iterator(steps.begin()),
                       std::make_move_iterator(steps.end()));
  }

  uint32_t definition(uint32_t i) const {
    const auto found = def_.find(i);
    return found != def_.end() ? found->second : plan_.step_of[i];
  }

  void find_last_uses() {
    const auto use = [&](Value v, uint32_t s) { last_use_[v.index] = std::max(last_use_[v.index], s); };
    for_leaves(plan_.steps, [&](Step& step, uint32_t s) {
      for (const Recurrence& recurrence : step.recurrences)
        for (Value a : recurrence.inputs) use(a, s);
      for (Value v : step.body) {
        use(v, s);
        for_args(ir_, ir_[v], [&](Value a) { use(a, s); });
      }
      for (const Store& store : step.stores) use(store.value, s);
    });
    for (uint32_t i = ir_.size(); i-- > 0;) {
      if (is_view(ir_.insts[i])) for_args(ir_, ir_.insts[i], [&](Value a) { use(a, last_use_[i]); });
      if (ir_.insts[i].op == Op::call_output && live_[i]) use({i}, plan_.step_of[i]);
    }
  }

  uint64_t bytes_of_rows(uint32_t i) const {
    const Inst& inst = ir_.insts[i];
    return round_up(uint64_t{row_bytes(row_clock_[i], size_of(inst.type))} * inst.lanes, kCacheLine);
  }

  // Buffers in the order of the steps that fill them; a freed one goes to the next value of its size.
  void allocate() {
    std::vector<std::vector<uint32_t>> starts(plan_.steps.size()), ends(plan_.steps.size());
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      if (!row_[i] || is_view(ir_.insts[i])) continue;
      starts[definition(i)].push_back(i);
      ends[std::max(last_use_[i], definition(i))].push_back(i);
    }
    std::map<uint64_t, std::vector<uint32_t>> spare;
    uint64_t total = 0;
    for (uint32_t s = 0; s < plan_.steps.size(); ++s) {
      for (uint32_t i : starts[s]) {
        const uint64_t bytes = bytes_of_rows(i);
        auto& list = spare[bytes];
        if (list.empty()) {
          buffer_[i] = static_cast<uint32_t>(total);
          total += bytes;
        } else {
          buffer_[i] = list.back();
          list.pop_back();
        }
      }
      for (uint32_t i : ends[s]) spare[bytes_of_rows(i)].push_back(buffer_[i]);
    }
    plan_.layout.buffer_bytes = total;
  }

  RowSource row_source(Value v, uint32_t lane) const {
    const Inst& inst = ir_[v];
    if (inst.op == Op::input) return {RowSource::input, plan_.layout.inputs[inst.imm].first_channel + lane};
    if (is_view(inst)) {
      const ValuePlace& place = plan_.places[v.index];
      if (place.kind == PlaceKind::rows) return plan_.row_sources[place.offset + lane];
      return {place.kind == PlaceKind::input ? RowSource::input : RowSource::buffer, place.offset};
    }
    return {RowSource::buffer, buffer_[v.index] + lane * row_bytes(row_clock_[v.index], size_of(inst.type))};
  }

  void make_rows() {
    plan_.places.assign(ir_.size(), {});
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      if (!live_[i]) continue;
      const Inst& inst = ir_.insts[i];
      ValuePlace& place = plan_.places[i];
      if (inst.op == Op::constant) place.kind = PlaceKind::literal;
      else if (inst.rate != Rate::sample) place = {PlaceKind::control, plan_.control_offset[i]};
      else if (inst.op == Op::ramp) place = {PlaceKind::ramp, next_ramp(inst)};
      else if (inst.op == Op::input) place = {PlaceKind::input, plan_.layout.inputs[inst.imm].first_channel};
      else if (is_view(inst)) {
        if (row_[i]) place = place_view(i);
      } else if (row_[i]) place = {PlaceKind::buffer, buffer_[i]};
    }
    for (Step& step : plan_.steps)
      if (step.kind == StepKind::call) add_call_rows(step);
    plan_.layout.rows = static_cast<uint32_t>(plan_.row_sources.size());
  }

  // The first of its slots: of one per lane where a family's ramp has lanes of different parameters.
  uint32_t next_ramp(const Inst& inst) {
    const uint32_t first = ramp_index_;
    for (uint32_t lanes = 0; lanes < inst.lanes; ++ramp_index_) lanes += plan_.layout.ramps[ramp_index_].lanes;
    return first;
  }

  ValuePlace place_view(uint32_t i) {
    const Inst& inst = ir_.insts[i];
    std::vector<RowSource> rows;
    if (inst.op == Op::relane) {
      const Relane map = Relane::unpack(inst.imm);
      for (uint32_t l = 0; l < inst.lanes; ++l) rows.push_back(row_source(inst.arg[0], map.source(l)));
    } else {
      for_args(ir_, inst, [&](Value part) {
        for (uint32_t l = 0; l < ir_[part].lanes; ++l) rows.push_back(row_source(part, l));
      });
    }
    if (rows.size() == 1)
      return {rows[0].kind == RowSource::input ? PlaceKind::input : PlaceKind::buffer, rows[0].offset};
    const uint32_t at = static_cast<uint32_t>(plan_.row_sources.size());
    plan_.row_sources.insert(plan_.row_sources.end(), rows.begin(), rows.end());
    return {PlaceKind::rows, at};
  }

  // All input rows of the call, then all rows of all its outputs; an output that nothing reads has a place like any
  // other.
  void add_call_rows(Step& step) {
    const Inst& call = ir_[step.body[0]];
    step.first_input_row = static_cast<uint32_t>(plan_.row_sources.size());
    for_args(ir_, call, [&](Value v) {
      for (uint32_t l = 0; l < ir_[v].lanes; ++l) plan_.row_sources.push_back(row_source(v, l));
    });
    step.first_output_row = static_cast<uint32_t>(plan_.row_sources.size());
    const std::vector<uint32_t>& lanes = ir_.calls[call.imm].output_lanes;
    for (uint32_t output = 0; output < lanes.size(); ++output) {
      const auto read = call_outputs_.find({call.imm, output});
      uint32_t buffer = static_cast<uint32_t>(plan_.layout.buffer_bytes);
      if (read != call_outputs_.end()) buffer = buffer_[read->second];
      else
        plan_.layout.buffer_bytes += uint64_t{row_bytes(1)} * lanes[output];  // nothing reads it: rows past all others
      for (uint32_t l = 0; l < lanes[output]; ++l)
        plan_.row_sources.push_back({RowSource::buffer, buffer + l * row_bytes(1)});
    }
  }

  void add_stores() {
    for (uint32_t k = 0; k < materialised_.size(); ++k)
      plan_.steps[k].stores.push_back({{materialised_[k]}, Store::buffer, buffer_[materialised_[k]]});
    std::map<uint32_t, std::vector<uint32_t>> channels;
    for (const auto& [value, channel] : direct_) channels[value.index].push_back(channel);
    for_leaves(plan_.steps, [&](Step& step, uint32_t) {
      for (Value v : step.body) {
        if (!computed(v) || ir_[v].op == Op::call) continue;
        if (row_[v.index]) step.stores.push_back({v, Store::buffer, buffer_[v.index]});
        const auto found = channels.find(v.index);
        if (found == channels.end()) continue;
        for (uint32_t channel : found->second) step.stores.push_back({v, Store::output, channel});
      }
    });
  }

  // One loop that reads channel l and writes channel l: then an output may share its memory with that input.
  bool single_pass() const {
    if (plan_.steps.size() != 1 || plan_.steps[0].kind != StepKind::time_parallel || !plan_.row_sources.empty())
      return false;
    const Step& step = plan_.steps[0];
    const auto reads_its_lane = [&](Value v) {
      return plan_.places[v.index].kind != PlaceKind::input ||
             (plan_.places[v.index].offset == step.stores[0].offset && ir_[v].lanes == step.lanes);
    };
    if (step.stores.size() != 1) return false;
    bool ok = reads_its_lane(step.stores[0].value);
    for (Value v : step.body) for_args(ir_, ir_[v], [&](Value a) { ok = ok && reads_its_lane(a); });
    return ok;
  }

  const Ir& ir_;
  const std::vector<bool>& live_;
  Plan& plan_;
  std::vector<uint32_t> leaf_;        // which leaf step computes an inst
  std::vector<uint32_t> other_leaf_;  // and which other one, of the same `either` step
  std::vector<bool> row_;             // wanted as rows
  std::vector<uint32_t> last_use_;    // last step that reads it
  std::vector<uint32_t> buffer_;
  std::vector<uint8_t> row_clock_;  // clock of the row: an inst's own, or that of a faster view of it
  std::map<uint32_t, uint32_t> def_;
  std::map<std::pair<uint64_t, uint32_t>, uint32_t> call_outputs_;  // by call and output: the inst that reads it
  std::vector<uint32_t> materialised_;
  std::vector<std::pair<Value, uint32_t>> direct_, copies_;
  uint32_t ramp_index_ = 0;
};

}  // namespace

void assign_places(const Ir& ir, const std::vector<bool>& live, Plan& plan) { Placer(ir, live, plan).run(); }

}  // namespace sinter::planning
