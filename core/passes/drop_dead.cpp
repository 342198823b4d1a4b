// drop_dead: what no output, probe or External call depends on, with its states, lines and tables.
#include <vector>

#include "list.hpp"
#include "rewrite.hpp"

namespace sinter {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Marks backwards from what is heard or seen. A state lives by its prev and then needs its next; a line lives by a tap
// and then needs its push; a writable table lives by a table_get and then needs its table_sets.
class Marker {
 public:
  explicit Marker(const Ir& ir) : ir_(ir), live_(ir.size()) {
    next_.assign(ir.states.size(), {});
    push_.assign(ir.lines.size(), {});
    sets_.resize(ir.tables.size());
    for (const Value root : ir.roots) {
      const Inst& inst = ir[root];
      if (inst.op == Op::next) next_[inst.imm] = root;
      else if (inst.op == Op::push) push_[inst.imm] = root;
      else if (inst.op == Op::table_set) sets_[inst.imm].push_back(root);
      else live_[root.index] = true;
    }
    // Arguments come before uses: one sweep backwards marks all but what hangs on a next or push behind the sweep.
    for (uint32_t i = ir.size(); i-- > 0;)
      if (live_[i]) follow(ir.insts[i], i);
    while (!behind_.empty()) {
      const Value value = behind_.back();
      behind_.pop_back();
      follow(ir[value], UINT32_MAX);
    }
  }

  bool operator[](uint32_t index) const { return live_[index]; }

 private:
  // The sweep has not come to values before `at` yet and will follow them itself.
  void mark(Value value, uint32_t at) {
    if (!value.valid() || live_[value.index]) return;
    live_[value.index] = true;
    if (at == UINT32_MAX || value.index > at) behind_.push_back(value);
  }
  void follow(const Inst& inst, uint32_t at) {
    for (uint32_t i = 0, count = arg_count(ir_, inst); i < count; ++i) mark(arg(ir_, inst, i), at);
    if (inst.op == Op::prev) mark(next_[inst.imm], at);
    if (inst.op == Op::tap) mark(push_[inst.imm], at);
    if (inst.op == Op::table_get)
      for (const Value set : sets_[inst.imm]) mark(set, at);
  }

  const Ir& ir_;
  std::vector<bool> live_;
  std::vector<Value> next_, push_, behind_;
  std::vector<std::vector<Value>> sets_;
};

// The new number of each declaration that a live inst names.
struct Numbers {
  std::vector<uint32_t> states, lines, tables;
};

std::vector<uint32_t>* numbers_of(Numbers& numbers, Op op) {
  switch (op) {
    case Op::prev:
    case Op::next:
      return &numbers.states;
    case Op::push:
    case Op::tap:
      return &numbers.lines;
    case Op::table_get:
    case Op::table_set:
      return &numbers.tables;
    default:
      return nullptr;
  }
}

template <class T>
void keep_numbered(std::vector<T>& list, std::vector<uint32_t>& numbers) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list.size(); ++i) {
    if (numbers[i] == kNone) continue;
    numbers[i] = kept;
    if (kept != i) list[kept] = std::move(list[i]);
    ++kept;
  }
  list.resize(kept);
}

}  // namespace

bool drop_dead(Ir& ir, const PassContext& context) {
  Poll poll(context.cancelled);
  const Marker live(ir);
  if (poll.now()) return false;
  Numbers numbers{std::vector<uint32_t>(ir.states.size(), kNone), std::vector<uint32_t>(ir.lines.size(), kNone),
                  std::vector<uint32_t>(ir.tables.size(), kNone)};
  uint32_t kept = 0;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    if (!live[i]) continue;
    ++kept;
    if (std::vector<uint32_t>* list = numbers_of(numbers, ir.insts[i].op)) (*list)[ir.insts[i].imm] = 0;
  }
  const size_t declared = ir.states.size() + ir.lines.size() + ir.tables.size();
  keep_numbered(ir.states, numbers.states);
  keep_numbered(ir.lines, numbers.lines);
  keep_numbered(ir.tables, numbers.tables);
  if (kept == ir.size() && ir.states.size() + ir.lines.size() + ir.tables.size() == declared) return false;
  for (uint32_t i = 0; i < ir.size(); ++i) {
    Inst& inst = ir.insts[i];
    if (!live[i]) continue;
    if (const std::vector<uint32_t>* list = numbers_of(numbers, inst.op)) inst.imm = (*list)[inst.imm];
  }
  compact(ir, poll, [&](uint32_t index) { return live[index]; });
  return true;
}

}  // namespace sinter
