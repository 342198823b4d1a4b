// The text form of the IR: a header of declarations, then one inst a line. Literals keep every bit.
#include <charconv>
#include <cmath>
#include <type_traits>

#include "sinter/ir/rules.hpp"
#include "text.hpp"

namespace sinter {
namespace {

template <class T>
void put(std::string& out, T value) {
  char buffer[48];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void put_hex(std::string& out, uint64_t bits) {
  char buffer[24];
  out += "0x";
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, bits, 16).ptr);
}

void put_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr char kDigits[] = "0123456789abcdef";
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// The shortest decimal that reads back as the same number. Where decimals do not say it all, the bits follow a colon.
template <class T>
void put_real(std::string& out, T value) {
  put(out, value);
  const int kind = std::fpclassify(value);
  if (kind == FP_NAN || kind == FP_SUBNORMAL || (kind == FP_ZERO && std::signbit(value))) {
    out += ':';
    put_hex(out, bits_of(value));
  }
}

void put_literal(std::string& out, Type type, uint64_t bits) {
  const bool wide = type != Type::f64 && bits > UINT32_MAX;
  const bool strange_mask = type == Type::mask && bits != 0 && bits != UINT32_MAX;
  if (wide || strange_mask) return put_hex(out, bits);
  switch (type) {
    case Type::f32:
      return put_real(out, as_f32(bits));
    case Type::f64:
      return put_real(out, as_f64(bits));
    case Type::i32:
      return put(out, as_i32(bits));
    case Type::mask:
      out += bits ? "true" : "false";
  }
}

// A line of the header: words and name=value fields.
class Line {
 public:
  Line(std::string& out, std::string_view word) : out_(out) { out_ += word; }
  ~Line() { out_ += '\n'; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line& word(std::string_view text) { return out_ += ' ', out_ += text, *this; }
  Line& quoted(std::string_view text) { return out_ += ' ', put_quoted(out_, text), *this; }
  Line& number(uint64_t value) { return out_ += ' ', put(out_, value), *this; }
  Line& real(double value) { return out_ += ' ', put_real(out_, value), *this; }
  Line& field(std::string_view name, uint64_t value) { return start(name), put(out_, value), *this; }
  Line& field(std::string_view name, double value) { return start(name), put_real(out_, value), *this; }
  Line& literal(std::string_view name, Type type, uint64_t bits) {
    return start(name), put_literal(out_, type, bits), *this;
  }
  /// name=[1,2,3]
  template <class T, class F>
  Line& list(std::string_view name, const std::vector<T>& values, F&& each) {
    start(name);
    out_ += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i) out_ += ',';
      each(values[i]);
    }
    out_ += ']';
    return *this;
  }

 private:
  void start(std::string_view name) { out_ += ' ', out_ += name, out_ += '='; }
  std::string& out_;
};

void put_voices(std::string& out, size_t index, const VoiceDecl& voices) {
  const VoiceSlot& slot = voices.slot;
  Line line(out, "voices");
  line.number(index).quoted(slot.key);
  text::for_voice_fields(voices, [&](std::string_view name, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, double>) line.field(name, value);
    else line.field(name, static_cast<uint64_t>(value));
  });
  line.list("key_hz", slot.key_hz, [&](double hz) { put_real(out, hz); });
}

void put_header(std::string& out, const Ir& ir) {
  Line(out, "sample_rate").real(ir.sample_rate);
  Line(out, "real").word(name(ir.real));
  if (ir.latency_frames) Line(out, "latency_frames").number(ir.latency_frames);
  for (size_t i = 1; i < ir.origins.size(); ++i) Line(out, "origin").number(i).quoted(ir.origins[i]);
  for (const StrategyWish& each : ir.wishes) Line(out, "strategy").quoted(each.path).word(name(each.wish));
  for (size_t i = 0; i < ir.inputs.size(); ++i)
    Line(out, "input").number(i).quoted(ir.inputs[i].name).field("channels", uint64_t{ir.inputs[i].channels});
  for (size_t i = 0; i < ir.outputs.size(); ++i)
    Line(out, "output").number(i).quoted(ir.outputs[i].name).field("channels", uint64_t{ir.outputs[i].channels});
  for (size_t i = 0; i < ir.params.size(); ++i) {
    const ParamDecl& p = ir.params[i];
    Line line(out, "param");
    line.number(i)
        .quoted(p.id)
        .field("initial", p.initial)
        .field("minimum", p.minimum)
        .field("maximum", p.maximum)
        .field("smooth_seconds", p.smooth_seconds);
    if (p.role == ControlRole::parameter) continue;
    line.field("role", static_cast<uint64_t>(p.role))
        .field("number", uint64_t{p.number})
        .field("lanes", uint64_t{p.lanes});
  }
  for (size_t i = 0; i < ir.voices.size(); ++i) put_voices(out, i, ir.voices[i]);
  for (size_t i = 0; i < ir.scopes.size(); ++i)
    Line(out, "scope").number(i).quoted(ir.scopes[i].path).field("copies", uint64_t{ir.scopes[i].copies});
  for (size_t i = 0; i < ir.states.size(); ++i) {
    const StateDecl& s = ir.states[i];
    Line(out, "state")
        .number(i)
        .quoted(s.key)
        .word(name(s.type))
        .field("clock", uint64_t{s.clock})
        .field("lanes", uint64_t{s.lanes})
        .literal("init", s.type, s.init);
  }
  for (size_t i = 0; i < ir.lines.size(); ++i) {
    const LineDecl& l = ir.lines[i];
    Line(out, "line")
        .number(i)
        .quoted(l.key)
        .word(name(l.type))
        .field("clock", uint64_t{l.clock})
        .field("lanes", uint64_t{l.lanes})
        .field("max_delay", uint64_t{l.max_delay});
  }
  for (size_t i = 0; i < ir.tables.size(); ++i) {
    const TableDecl& t = ir.tables[i];
    Line line(out, "table");
    line.number(i).quoted(t.key).field("size", uint64_t{t.size}).field("lanes", uint64_t{t.lanes});
    line.field("writable", uint64_t{t.writable}).list("data", t.data, [&](float v) { put_real(out, v); });
  }
  for (size_t i = 0; i < ir.probes.size(); ++i)
    Line(out, "probe").number(i).quoted(ir.probes[i].key).field("lanes", uint64_t{ir.probes[i].lanes});
  for (size_t i = 0; i < ir.calls.size(); ++i) {
    const auto each = [&](uint32_t lanes) { put(out, lanes); };
    Line line(out, "call");
    line.number(i)
        .quoted(ir.calls[i].key)
        .list("inputs", ir.calls[i].input_lanes, each)
        .list("outputs", ir.calls[i].output_lanes, each);
  }
}

void put_field(std::string& out, std::string_view name, uint64_t value) {
  out += ' ';
  out += name;
  out += '=';
  put(out, value);
}

void put_immediates(std::string& out, const Inst& inst) {
  if (inst.op == Op::constant) {
    out += ' ';
    put_literal(out, inst.type, inst.imm);
    return;
  }
  if (inst.op == Op::relane) {
    const Relane map = Relane::unpack(inst.imm);
    put_field(out, "offset", map.offset);
    put_field(out, "stride", map.stride);
    put_field(out, "repeat", map.repeat);
    return;
  }
  const text::Fields fields = text::fields(inst.op);
  if (!fields.imm.empty()) put_field(out, fields.imm, inst.imm);
  if (!fields.imm2.empty()) put_field(out, fields.imm2, inst.imm2);
}

bool pool_fits(const Ir& ir, const Inst& inst) {
  return (inst.op != Op::stack && inst.op != Op::call) ||
         uint64_t{inst.arg[0].index} + inst.arg[1].index <= ir.pool.size();
}

void put_inst(std::string& out, const Ir& ir, uint32_t index) {
  const Inst& inst = ir.insts[index];
  out += '%';
  put(out, index);
  out += " = ";
  out += info(inst.op).name;
  out += ' ';
  out += name(inst.type);
  out += ' ';
  out += name(inst.rate);
  if (inst.clock != 1) out += " x", put(out, inst.clock);
  if (inst.lanes != 1) put_field(out, "lanes", inst.lanes);
  put_immediates(out, inst);
  const uint32_t args = pool_fits(ir, inst) ? arg_count(ir, inst) : 0;
  for (uint32_t i = 0; i < args; ++i) {
    out += i ? ", %" : " %";
    put(out, arg(ir, inst, i).index);
  }
  if (inst.exact) out += " exact";
  if (inst.entered && inst.type == Type::f64 && inst.rate != Rate::sample && inst.op != Op::constant) out += " entered";
  if (index < ir.origin.size() && ir.origin[index] != 0) out += " @", put(out, ir.origin[index]);
}

}  // namespace

std::string text::print_inst(const Ir& ir, uint32_t index) {
  std::string out;
  put_inst(out, ir, index);
  return out;
}

std::string print(const Ir& ir) {
  std::string out;
  out.reserve(256 + ir.insts.size() * 48);
  put_header(out, ir);
  for (uint32_t i = 0; i < ir.size(); ++i) {
    put_inst(out, ir, i);
    out += '\n';
  }
  return out;
}

}  // namespace sinter
