// Evaluation, and how values find their slots and registers.
#include "linear_program.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <map>

#include "entry.hpp"

namespace sinter::interpret {
namespace {

constexpr uint32_t kRegisters = LinearSystem::kColumns + kMaxLinearBody;
// Beyond kDecodedValues what coefficients are made of is read in f32. What is begun then (three arguments on each of
// kDepth levels) and the two factors that every inst of a body may have fit in as well.
constexpr uint32_t kDecodedValues = 256, kDepth = 32;
constexpr uint32_t kValues = kDecodedValues + 4 * kDepth + 2 * kMaxLinearBody;

// What is computed in double as it would be in f32.
bool decodes(Op op) {
  switch (op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::fma:
    case Op::neg:
    case Op::abs:
    case Op::sqrt:
    case Op::min:
    case Op::max:
    case Op::select:
      return true;
    default:
      return false;
  }
}

double compute(Op op, double a, double b, double c) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::mul:
      return a * b;
    case Op::div:
      return a / b;
    case Op::fma:
      return a * b + c;
    case Op::neg:
      return -a;
    case Op::abs:
      return std::fabs(a);
    case Op::sqrt:
      return std::sqrt(a);
    case Op::min:
      return a < b ? a : b;
    case Op::max:
      return a > b ? a : b;
    default:
      assert(op == Op::select);
      return a != 0 ? b : c;
  }
}

double literal_of(const Inst& inst) {
  if (inst.type == Type::f64) return as_f64(inst.imm);
  if (inst.type == Type::f32) return static_cast<double>(as_f32(inst.imm));
  return as_i32(inst.imm);
}

}  // namespace

class LinearDecoder {
 public:
  LinearDecoder(const Ir& ir, const Plan& plan, const LinearTable& table, LinearProgram& to)
      : ir_(ir), plan_(plan), table_(table), to_(to) {}

  void decode() {
    assert(table_.states() <= kMaxLinearStates && table_.inputs.size() <= kMaxLinearInputs);
    assert(table_.body.size() <= kMaxLinearBody);
    for (Value v : table_.prevs) add_register(v);
    for (Value v : table_.inputs) add_register(v);
    to_.sources_ = registers_;
    to_.columns_ = (registers_ + 3) / 4 * 4;
    for (Value v : table_.body)
      if (ir_[v].op != Op::prev && ir_[v].op != Op::next) add(v);
    for (Value v : table_.nexts) to_.rows_.push_back(linear(ir_[v].arg[0]));
    for (Value v : table_.outputs) to_.rows_.push_back(linear(v));
    for (const LinearProgram::Leaf& leaf : to_.leaves_) to_.same_in_all_lanes_ &= leaf.stride == 0;
    assert(values_ <= kValues);
  }

 private:
  uint16_t add_register(Value v) {
    register_of_[v.index] = registers_;
    return registers_++;
  }
  bool is_linear(Value v) const { return register_of_.contains(v.index); }
  uint16_t linear(Value v) const {
    assert(is_linear(v));  // what is added is a member or an input
    return register_of_.at(v.index);
  }

  void add(Value v);
  void add_product(LinearProgram::BodyOp& op, Value a, Value b);
  uint16_t coefficient(Value v, Relane lanes = {}, uint32_t depth = 0);
  uint16_t add_leaf(Value v, Relane lanes);

  const Ir& ir_;
  const Plan& plan_;
  const LinearTable& table_;
  LinearProgram& to_;
  std::map<uint32_t, uint16_t> register_of_;
  std::map<std::pair<uint32_t, uint64_t>, uint16_t> value_of_;  // by inst and lane map
  uint16_t registers_ = 0, values_ = 0;
};

void LinearDecoder::add(Value v) {
  const Inst& inst = ir_[v];
  LinearProgram::BodyOp op{.op = inst.op};
  switch (inst.op) {
    case Op::add:
    case Op::sub:
      op.x = linear(inst.arg[0]);
      op.y = linear(inst.arg[1]);
      break;
    case Op::neg:
      op.x = linear(inst.arg[0]);
      break;
    case Op::fma:
      op.y = linear(inst.arg[2]);
      add_product(op, inst.arg[0], inst.arg[1]);
      break;
    case Op::mul:
      add_product(op, inst.arg[0], inst.arg[1]);
      break;
    case Op::div:
      op.x = linear(inst.arg[0]);
      op.factor = coefficient(inst.arg[1]);
      break;
    default:
      assert(inst.op == Op::select);
      op.factor = coefficient(inst.arg[0]);
      op.x = linear(inst.arg[1]);
      op.y = linear(inst.arg[2]);
  }
  op.result = add_register(v);
  to_.body_.push_back(op);
}

// A member times what comes from outside, or a product of two from outside. A control may be an input and a
// coefficient, a sample is never a coefficient.
void LinearDecoder::add_product(LinearProgram::BodyOp& op, Value a, Value b) {
  const auto is_member = [&](Value v) {
    return is_linear(v) && std::find(table_.inputs.begin(), table_.inputs.end(), v) == table_.inputs.end();
  };
  if (is_member(b)) std::swap(a, b);
  if (!is_member(a) && (ir_[b].rate == Rate::sample || !is_linear(a))) std::swap(a, b);
  assert(ir_[b].rate != Rate::sample);
  op.x = linear(a);
  op.factor = coefficient(b);
}

// The slot of a constant or control value, or of the lanes of it that a relane picks.
uint16_t LinearDecoder::coefficient(Value v, Relane lanes, uint32_t depth) {
  const Inst& inst = ir_[v];
  assert(inst.rate != Rate::sample);
  if (inst.op == Op::hold || inst.op == Op::narrow) return coefficient(inst.arg[0], lanes, depth);
  const auto key = std::pair(v.index, lanes.pack());
  if (const auto known = value_of_.find(key); known != value_of_.end()) return known->second;
  const bool bounded = depth < kDepth && values_ < kDecodedValues;
  const bool picks = inst.op == Op::relane && lanes.pack() == Relane{}.pack();
  if (inst.type != Type::f32 || !bounded || !(decodes(inst.op) || picks)) return value_of_[key] = add_leaf(v, lanes);
  if (picks) {
    Relane map = Relane::unpack(inst.imm);
    if (inst.lanes == 1) map = {.offset = map.offset, .stride = 0};
    return value_of_[key] = coefficient(inst.arg[0], map, depth + 1);
  }
  LinearProgram::CoefficientOp op{.op = inst.op};
  uint16_t* const arguments[] = {&op.a, &op.b, &op.c};
  for (uint32_t i = 0; i < info(inst.op).arity; ++i) *arguments[i] = coefficient(inst.arg[i], lanes, depth + 1);
  op.result = values_++;
  to_.coefficient_ops_.push_back(op);
  return value_of_[key] = op.result;
}

uint16_t LinearDecoder::add_leaf(Value v, Relane lanes) {
  const Inst& inst = ir_[v];
  LinearProgram::Leaf leaf{.type = inst.type, .literal = inst.op == Op::constant, .slot = values_++};
  if (leaf.literal) {
    leaf.value = literal_of(inst);
  } else {
    const uint32_t bytes = size_of(inst.type);
    leaf.offset = plan_.control_offset[v.index];
    assert(leaf.offset != UINT32_MAX);
    if (inst.lanes > 1) {
      leaf.offset += lanes.offset * bytes;
      leaf.stride = lanes.stride * bytes;
      leaf.repeat = lanes.repeat;
    }
  }
  to_.leaves_.push_back(leaf);
  return leaf.slot;
}

LinearProgram::LinearProgram(const Ir& ir, const Plan& plan, const LinearTable& table) {
  LinearDecoder(ir, plan, table, *this).decode();
}

// -- Audio thread

void LinearProgram::evaluate_coefficients(const uint8_t* controls, uint32_t lane, double* values) const noexcept {
  for (const Leaf& leaf : leaves_) {
    const uint32_t element = leaf.repeat == 1 ? lane : lane / leaf.repeat;
    const uint8_t* const at = controls + leaf.offset + element * leaf.stride;
    double& to = values[leaf.slot];
    if (leaf.literal) to = leaf.value;
    else if (leaf.type == Type::f64) to = load<double>(at);
    else if (leaf.type == Type::f32) to = static_cast<double>(load<float>(at));
    else to = load<int32_t>(at);
  }
  for (const CoefficientOp& op : coefficient_ops_)
    values[op.result] = compute(op.op, values[op.a], values[op.b], values[op.c]);
}

void LinearProgram::evaluate_body(const double* values, double* registers) const noexcept {
  for (const BodyOp& op : body_) {
    double* const to = registers + op.result * columns_;
    const double* const x = registers + op.x * columns_;
    const double* const y = registers + op.y * columns_;
    const double factor = values[op.factor];
    const auto each = [&](auto&& element) {
      for (uint32_t c = 0; c < columns_; c += 4)
        for (uint32_t i = c; i < c + 4; ++i) to[i] = element(x[i], y[i]);
    };
    switch (op.op) {
      case Op::add:
        each([](double a, double b) { return a + b; });
        break;
      case Op::sub:
        each([](double a, double b) { return a - b; });
        break;
      case Op::neg:
        each([](double a, double) { return -a; });
        break;
      case Op::mul:
        each([&](double a, double) { return a * factor; });
        break;
      case Op::div:
        each([&](double a, double) { return a / factor; });
        break;
      case Op::fma:
        each([&](double a, double b) { return a * factor + b; });
        break;
      default:
        std::memcpy(to, factor != 0 ? x : y, columns_ * sizeof(double));
    }
  }
}

void LinearProgram::evaluate(const uint8_t* controls, uint32_t lane, LinearSystem& to) const noexcept {
  double values[kValues];
  values[0] = 0;  // what an op without a factor reads
  evaluate_coefficients(controls, lane, values);
  alignas(32) double registers[kRegisters * LinearSystem::kColumns];
  std::fill_n(registers, sources_ * columns_, 0.0);
  for (uint32_t s = 0; s < sources_; ++s) registers[s * columns_ + s] = 1;
  evaluate_body(values, registers);
  for (uint32_t k = 0; k < rows_.size(); ++k)
    std::memcpy(to.row[k], registers + rows_[k] * columns_, sources_ * sizeof(double));
}

}  // namespace sinter::interpret
