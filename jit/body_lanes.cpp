// Lowering of what lanes steps do in their own way: rows become tiles, folds sums, tables one long table.
#include "body.hpp"

namespace sinter::jit {

// One row serves all lanes as it lies; the rows of several lanes are turned into a tile.
uint32_t Lowering::row_of_lanes(const Inst& inst, ValuePlace place) {
  const bool buffer = place.kind == PlaceKind::buffer, input = place.kind == PlaceKind::input;
  if (!buffer && !input && place.kind != PlaceKind::rows) return fail("a value that no step gives to a lanes loop");
  if (inst.lanes == 1) {
    const Pointer::Kind kind = buffer ? Pointer::buffers : input ? Pointer::input : Pointer::rows;
    const uint32_t at = pointer(kind, buffer ? inst.clock : place.offset, false, 0);
    return leaf({.kind = Leaf::sample, .pointer = at, .offset = buffer ? static_cast<int32_t>(place.offset) : 0});
  }
  if (inst.lanes != body_.lanes) return fail("a value of other lanes in a lanes loop");
  LaneRows::Rows rows{.tile = body_.lane_rows.tiles++, .list = !buffer};
  rows.stride = buffer ? static_cast<int32_t>(row_bytes(inst.clock)) : 8;
  rows.offset = static_cast<int32_t>(buffer ? place.offset : place.offset * 8);
  const Pointer::Kind kind = buffer ? Pointer::buffers : input ? Pointer::input_list : Pointer::row_list;
  rows.pointer = pointer(kind, buffer ? inst.clock : 0, true, static_cast<uint32_t>(rows.stride));
  body_.lane_rows.ins.push_back(rows);
  return leaf({.kind = Leaf::lane_row, .bits = rows.tile});
}

// The element of lane l at index i is element l · size + i of the whole table.
uint32_t Lowering::lane_table_index(const TableSlot& table, uint32_t index) {
  const uint32_t zero = literal(0), last = literal(table.size - 1), size = literal(table.size);
  const auto choose = [&](uint32_t mask, uint32_t then, uint32_t otherwise) {
    const uint32_t result = computed();
    node(recipe_of(Op::select), result, {mask, then, otherwise});
    return result;
  };
  index = choose(compute(Op::ilt, index, zero), zero, index);
  index = choose(compute(Op::ilt, last, index), last, index);
  return compute(Op::iadd, index, compute(Op::imul, leaf({.kind = Leaf::lane_index}), size));
}

void Lowering::lower_lane_fold(Value value, const Inst& inst) {
  if (!in_lanes_) return void(fail("a fold in a fused loop"));
  if (inst.lanes % 16 || ir_[inst.arg[0]].lanes != body_.lanes || inst.lanes >= body_.lanes)
    return void(fail("a fold that a lanes loop cannot do"));
  const uint32_t summed = value_of(inst.arg[0]);
  LaneRows& rows = body_.lane_rows;
  BodyNode& made = node(kFoldLanes, kNoValue, {summed});
  made.low = static_cast<uint32_t>(rows.folds.size());
  made.high = inst.lanes;
  made.offset = static_cast<int32_t>(rows.sums * 4);
  tile_of_[value.index] = made.low;
  rows.folds.push_back({.lanes = inst.lanes, .first = rows.sums, .outs = {}});
  rows.sums += inst.lanes;
}

// Whether the value is the sum of a fold's lanes, which takes the fold's place.
bool Lowering::lower_lane_sum(Value value) {
  for (const LaneSum& one : step_->lane_sums) {
    if (one.sum != value) continue;
    tile_of_[value.index] = tile_of_[one.fold.index];
    body_.lane_rows.folds[tile_of_[value.index]].whole = true;
    return true;
  }
  return false;
}

// Every copy of the body measures lanes of its own.
void Lowering::finish_lanes() {
  for (BodyNode& made : body_.nodes)
    if (made.recipe == &kProbe) made.low = static_cast<uint32_t>(body_.probes.size() * kProbeBytes);
}

// Several stores of one value share its tile.
void Lowering::lower_lane_store(const Store& store) {
  const Inst& inst = ir_[store.value];
  const bool summed = inst.lanes < body_.lanes, buffer = store.kind == Store::buffer;
  LaneRows::Rows rows{.list = !buffer};
  rows.stride = buffer ? static_cast<int32_t>(row_bytes(body_.clock)) : 8;
  rows.offset = static_cast<int32_t>(buffer ? store.offset : store.offset * 8);
  rows.pointer = pointer(buffer ? Pointer::buffers : Pointer::output_list, buffer ? body_.clock : 0, !summed,
                         static_cast<uint32_t>(rows.stride));
  const auto found = tile_of_.find(store.value.index);
  if (summed) {
    if (found == tile_of_.end()) return void(fail("a store of a sum that no step computes"));
    return body_.lane_rows.folds[found->second].outs.push_back(rows);
  }
  if (inst.lanes != body_.lanes) return void(fail("a store of other lanes in a lanes loop"));
  if (found != tile_of_.end()) {
    rows.tile = found->second;
  } else {
    inst_ = store.value.index;
    const uint32_t value = value_of(store.value);
    rows.tile = tile_of_[store.value.index] = body_.lane_rows.tiles++;
    node(kStoreTile, kNoValue, {value}).low = rows.tile;
  }
  body_.lane_rows.outs.push_back(rows);
}

}  // namespace sinter::jit
