// Cones by components: a value outside of every cycle is its op over the fingerprints of its arguments, a prev or tap
// that of what is written. Inside a cycle memory stands by its name at first; then all that the cycle writes is folded
// into one number, which every value of the cycle takes on.
//
// Signs are kept beside the hashes and differences are sums, because fuse_mul_add moves signs into products.
#include "cones.hpp"

#include <iterator>
#include <span>
#include <utility>

#include "sinter/base/fingerprint.hpp"
#include "sinter/engine/external.hpp"
#include "sinter/ir/components.hpp"

namespace sinter::planning {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint64_t kNegated = 1;  // a word that no op is

// The hash of a value, or of its negation.
struct Print {
  uint64_t hash = 0;
  bool negative = false;
};

uint64_t whole(Print print) {
  return print.negative ? Fingerprint().word(kNegated).word(print.hash).value() : print.hash;
}

Fingerprint begin(Op op, Type type, bool exact = false) {
  return Fingerprint().word(2 + (static_cast<uint64_t>(op) | static_cast<uint64_t>(type) << 8 | uint64_t{exact} << 16));
}

uint64_t unordered(Fingerprint print, uint64_t a, uint64_t b) {
  return print.word(std::min(a, b)).word(std::max(a, b)).value();
}

Print product(Type type, bool exact, Print a, Print b) {
  return {unordered(begin(Op::mul, type, exact), a.hash, b.hash), a.negative != b.negative};
}

Print sum(const Inst& inst, Print a, Print b) {
  return {unordered(begin(Op::add, inst.type, inst.exact), whole(a), whole(b))};
}

Print literal(const Inst& inst) {
  const uint64_t sign = inst.type == Type::f32 ? uint64_t{1} << 31 : inst.type == Type::f64 ? uint64_t{1} << 63 : 0;
  return {begin(Op::constant, inst.type).word(inst.imm & ~sign).value(), (inst.imm & sign) != 0};
}

// Everything about a poly node that decides what its notes set.
Fingerprint print_of(const VoiceSlot& slot) {
  Fingerprint print;
  print.text(slot.key).word(slot.voices).word(static_cast<uint64_t>(slot.mode)).word(static_cast<uint64_t>(slot.steal));
  print.real(slot.glide_seconds).real(slot.bend_range).real(slot.mpe_bend_range);
  print.word(slot.lowest).word(slot.highest).word(slot.choke).word(slot.key_hz.size());
  for (const double hz : slot.key_hz) print.real(hz);
  return print;
}

// Which of its sources a parameter is.
uint64_t source_of(const VoiceDecl& voice, uint32_t param) {
  const uint32_t sources[] = {voice.freq,   voice.gate, voice.velocity, voice.off_velocity, voice.pressure,
                              voice.timbre, voice.bend, voice.note,     voice.restart,      voice.open};
  uint64_t at = 0;
  while (at < std::size(sources) && sources[at] != param) ++at;
  return at;
}

class Cones {
 public:
  explicit Cones(const Ir& ir)
      : ir_(ir), prints_(ir.size()), writer_(ir.size(), kNone), place_(ir.size(), 0), table_(ir.tables.size()) {
    for (size_t t = 0; t < ir.tables.size(); ++t) table_[t] = print_of(ir.tables[t]);
    link();
  }

  std::vector<uint64_t> run() {
    // What is slower than samples has no memory.
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (ir_.insts[i].rate != Rate::sample) prints_[i] = local(i);
    run_samples();
    std::vector<uint64_t> cones(ir_.size());
    const uint64_t rate = Fingerprint().real(ir_.sample_rate).word(static_cast<uint64_t>(ir_.real)).value();
    for (uint32_t i = 0; i < ir_.size(); ++i) cones[i] = Fingerprint().word(rate).word(whole(prints_[i])).value();
    return cones;
  }

 private:
  static uint64_t print_of(const TableDecl& table) {
    Fingerprint print;
    print.word(table.size).word(table.lanes).word(table.writable).samples(table.data);
    if (table.writable) print.text(table.key);
    return print.value();
  }

  // What writes the memory that an inst reads; of several sets of a table each leads on to the one before.
  void link() {
    std::vector<uint32_t> next(ir_.states.size(), kNone), push(ir_.lines.size(), kNone), set(ir_.tables.size(), kNone);
    std::vector<uint32_t> sets(ir_.tables.size(), 0);
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      if (inst.op == Op::next) next[inst.imm] = i;
      if (inst.op == Op::push) push[inst.imm] = i;
      if (inst.op == Op::table_get) place_[i] = sets[inst.imm];
      if (inst.op != Op::table_set) continue;
      writer_[i] = std::exchange(set[inst.imm], i);
      place_[i] = sets[inst.imm]++;
    }
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      const Inst& inst = ir_.insts[i];
      if (inst.op == Op::prev) writer_[i] = next[inst.imm];
      if (inst.op == Op::tap) writer_[i] = push[inst.imm];
      if (inst.op == Op::table_get) writer_[i] = set[inst.imm];
    }
  }

  bool sampled(uint32_t i) const { return ir_.insts[i].rate == Rate::sample; }

  Edges edges() const {
    Edges edges;
    edges.first.reserve(ir_.size() + 1);
    edges.to.reserve(size_t{ir_.size()} * 2);
    for (uint32_t i = 0; i < ir_.size(); ++i) {
      edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
      if (!sampled(i)) continue;
      const Inst& inst = ir_.insts[i];
      for (uint32_t a = 0, count = arg_count(ir_, inst); a < count; ++a)
        if (const uint32_t to = arg(ir_, inst, a).index; sampled(to)) edges.to.push_back(to);
      if (writer_[i] != kNone && sampled(writer_[i])) edges.to.push_back(writer_[i]);
    }
    edges.first.push_back(static_cast<uint32_t>(edges.to.size()));
    return edges;
  }

  void run_samples() {
    const Edges graph = edges();
    Components found(graph, ir_.size());
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (sampled(i)) found.visit(i);
    // Members of each component in Ir order, by counting.
    std::vector<uint32_t> end(found.components + 1, 0);
    for (const uint32_t c : found.component)
      if (c != kNone) ++end[c + 1];
    for (uint32_t c = 0; c < found.components; ++c) end[c + 1] += end[c];
    std::vector<uint32_t> members(end.back());
    for (uint32_t i = 0; i < ir_.size(); ++i)
      if (const uint32_t c = found.component[i]; c != kNone) members[end[c]++] = i;
    uint32_t first = 0;
    for (uint32_t c = 0; c < found.components; ++c) {
      finish({members.data() + first, members.data() + end[c]}, found.component);
      first = end[c];
    }
  }

  void finish(std::span<const uint32_t> members, const std::vector<uint32_t>& component) {
    uint64_t written = 0;
    for (const uint32_t i : members) {
      prints_[i] = local(i);
      const uint32_t writer = writer_[i];
      if (writer != kNone && component[writer] != component[i])
        prints_[i].hash = Fingerprint().word(prints_[i].hash).word(whole(prints_[writer])).value();
      // A sum, so that the order of the insts does not count.
      if (is_root(ir_.insts[i].op)) written += Fingerprint::mix(prints_[i].hash);
    }
    if (members.size() == 1) return;
    for (const uint32_t i : members) prints_[i].hash = Fingerprint().word(prints_[i].hash).word(written).value();
  }

  Print at(Value v) const { return prints_[v.index]; }

  // The op over its arguments, memory by its name.
  Print local(uint32_t i) const {
    const Inst& inst = ir_.insts[i];
    switch (inst.op) {
      case Op::constant:
        return literal(inst);
      case Op::neg:
        return {at(inst.arg[0]).hash, !at(inst.arg[0]).negative};
      case Op::add:
        return sum(inst, at(inst.arg[0]), at(inst.arg[1]));
      case Op::sub:
        return sum(inst, at(inst.arg[0]), {at(inst.arg[1]).hash, !at(inst.arg[1]).negative});
      case Op::mul:
        return product(inst.type, inst.exact, at(inst.arg[0]), at(inst.arg[1]));
      case Op::fma:
        return sum(inst, product(inst.type, false, at(inst.arg[0]), at(inst.arg[1])), at(inst.arg[2]));
      default:
        break;
    }
    Fingerprint print = begin(inst.op, inst.type, inst.exact);
    const OpInfo& op = info(inst.op);
    if (op.signature == Signature::X) describe(print, i);
    else if (op.commutative) return {unordered(print, whole(at(inst.arg[0])), whole(at(inst.arg[1])))};
    else print.word(inst.imm2);
    for (uint32_t a = 0, count = arg_count(ir_, inst); a < count; ++a) print.word(whole(at(arg(ir_, inst, a))));
    return {print.value()};
  }

  void describe(Fingerprint& print, uint32_t i) const {
    const Inst& inst = ir_.insts[i];
    print.word(inst.clock).word(inst.lanes);
    switch (inst.op) {
      case Op::input:
        print.text(ir_.inputs[inst.imm].name).word(ir_.inputs[inst.imm].channels);
        break;
      case Op::param:
        describe_param(print, static_cast<uint32_t>(inst.imm));
        break;
      case Op::prev:
      case Op::next: {
        const StateDecl& state = ir_.states[inst.imm];
        print.text(state.key).word(static_cast<uint64_t>(state.type)).word(state.clock).word(state.lanes);
        print.word(state.init);
        break;
      }
      case Op::push:
      case Op::tap: {
        const LineDecl& line = ir_.lines[inst.imm];
        print.text(line.key).word(static_cast<uint64_t>(line.type)).word(line.clock).word(line.lanes);
        // Only a tap meets the line's end: a line may grow and still be pushed the same.
        if (inst.op == Op::tap) print.word(line.max_delay).word(inst.imm2).word(arg_count(ir_, inst));
        break;
      }
      case Op::table_get:
      case Op::table_set:
        print.word(table_[inst.imm]).word(place_[i]);
        break;
      case Op::call: {
        const CallDecl& call = ir_.calls[inst.imm];
        print.text(call.key).word(call.type->fingerprint()).word(arg_count(ir_, inst));
        for (const uint32_t lanes : call.input_lanes) print.word(lanes);
        for (const uint32_t lanes : call.output_lanes) print.word(lanes);
        break;
      }
      case Op::output:
        print.word(ir_.outputs[inst.imm].channels);
        break;
      case Op::stack:
        print.word(arg_count(ir_, inst));
        break;
      case Op::relane:
      case Op::upsample:
      case Op::decimate:
        print.word(inst.imm);
        break;
      case Op::call_output:
        print.word(inst.imm2);
        break;
      default:
        break;
    }
  }

  // Not by where it starts: after an edit it stands where it stood.
  void describe_param(Fingerprint& print, uint32_t index) const {
    const ParamDecl& param = ir_.params[index];
    print.text(param.id).real(param.minimum).real(param.maximum).real(param.smooth_seconds);
    print.word(static_cast<uint64_t>(param.role)).word(param.lanes);
    if (param.role != ControlRole::voice) print.word(param.number);
    else
      print.word(planning::print_of(ir_.voices[param.number].slot).value())
          .word(source_of(ir_.voices[param.number], index));
  }

  const Ir& ir_;
  std::vector<Print> prints_;
  std::vector<uint32_t> writer_;
  std::vector<uint32_t> place_;  // of a table's reader or writer: how many writes come before it
  std::vector<uint64_t> table_;
};

}  // namespace

std::vector<uint64_t> find_cones(const Ir& ir) { return Cones(ir).run(); }

}  // namespace sinter::planning
