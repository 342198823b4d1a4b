// Reads the text form of the IR. Any text is safe to read: what does not parse gives one error with its line and
// column.
#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

#include "text.hpp"
#include "text_reader.hpp"

namespace sinter {
namespace {

using text::Reader;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Ir> run() {
    ir_.origins.emplace_back();
    uint32_t number = 0;
    for (size_t at = 0; at < text_.size();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const std::string_view line = text_.substr(at, end - at);
      at = end + 1;
      ++number;
      Reader r(line);
      if (!r.at_end()) parse_line(r);
      if (!r.failed() && !r.at_end()) r.fail("the line goes on after its end");
      if (r.failed()) return Error{Errc::ir_syntax, "", r.failure(), {"", number, r.column(), std::string(line)}};
    }
    return std::move(ir_);
  }

 private:
  void parse_line(Reader& r) {
    if (r.accept('%')) return parse_inst(r);
    const size_t start = r.here();
    const std::string_view word = r.word();
    if (word == "sample_rate") ir_.sample_rate = as_f64(r.real<double>());
    else if (word == "real") parse_real(r);
    else if (word == "latency_frames") ir_.latency_frames = r.number32();
    else if (word == "origin") parse_origin(r);
    else if (word == "strategy") parse_strategy(r);
    else if (word == "input")
      declare(r, ir_.inputs,
              [&](InputDecl& d) { d.name = r.quoted(), r.field("channels"), d.channels = r.number32(); });
    else if (word == "output")
      declare(r, ir_.outputs,
              [&](OutputDecl& d) { d.name = r.quoted(), r.field("channels"), d.channels = r.number32(); });
    else if (word == "param") declare(r, ir_.params, [&](ParamDecl& d) { parse_param(r, d); });
    else if (word == "voices") declare(r, ir_.voices, [&](VoiceDecl& d) { parse_voices(r, d); });
    else if (word == "scope")
      declare(r, ir_.scopes, [&](ScopeSlot& d) { d.path = r.quoted(), r.field("copies"), d.copies = r.number32(); });
    else if (word == "state") declare(r, ir_.states, [&](StateDecl& d) { parse_state(r, d); });
    else if (word == "line") declare(r, ir_.lines, [&](LineDecl& d) { parse_delay_line(r, d); });
    else if (word == "table") declare(r, ir_.tables, [&](TableDecl& d) { parse_table(r, d); });
    else if (word == "probe")
      declare(r, ir_.probes, [&](ProbeDecl& d) { d.key = r.quoted(), r.field("lanes"), d.lanes = r.number32(); });
    else if (word == "call") r.fail_at(start, "an External call holds C++ objects and cannot be read from text");
    else r.fail_at(start, "a line begins with % and a number, or with a declaration");
  }

  template <class T, class F>
  void declare(Reader& r, std::vector<T>& list, F&& read) {
    const size_t start = r.here();
    if (r.number32() != list.size())
      return r.fail_at(start, "declarations are numbered from 0: expected " + std::to_string(list.size()));
    T decl;
    read(decl);
    if (!r.failed()) list.push_back(std::move(decl));
  }

  void parse_real(Reader& r) {
    const size_t start = r.here();
    ir_.real = r.type();
    if (ir_.real != Type::f32 && ir_.real != Type::f64) r.fail_at(start, "audio is f32 or f64");
    if (!ir_.insts.empty()) r.fail_at(start, "'real' stands before the insts");
  }
  void parse_origin(Reader& r) {
    const size_t start = r.here();
    if (r.number32() != ir_.origins.size())
      return r.fail_at(start, "origins are numbered from 1: expected " + std::to_string(ir_.origins.size()));
    ir_.origins.push_back(r.quoted());
  }
  void parse_strategy(Reader& r) {
    StrategyWish each{.path = r.quoted()};
    const size_t start = r.here();
    if (!parse_wish(r.word(), each.wish))
      r.fail_at(start, "a strategy is auto, serial, time_parallel, block, scan or lanes");
    ir_.wishes.push_back(std::move(each));
  }
  static double field_f64(Reader& r, std::string_view name) {
    r.field(name);
    return as_f64(r.real<double>());
  }
  static uint32_t field_u32(Reader& r, std::string_view name) {
    r.field(name);
    return r.number32();
  }
  static uint8_t field_clock(Reader& r) {
    r.field("clock");
    return static_cast<uint8_t>(r.number(UINT8_MAX));
  }
  static void parse_param(Reader& r, ParamDecl& d) {
    d.id = r.quoted();
    d.initial = field_f64(r, "initial");
    d.minimum = field_f64(r, "minimum");
    d.maximum = field_f64(r, "maximum");
    d.smooth_seconds = field_f64(r, "smooth_seconds");
    if (r.at_end()) return;
    r.field("role");
    d.role = static_cast<ControlRole>(r.number(static_cast<uint64_t>(ControlRole::voice)));
    d.number = field_u32(r, "number");
    d.lanes = field_u32(r, "lanes");
  }
  static void parse_voices(Reader& r, VoiceDecl& d) {
    d.slot.key = r.quoted();
    text::for_voice_fields(d, [&](std::string_view name, auto& value) {
      using T = std::decay_t<decltype(value)>;
      r.field(name);
      if constexpr (std::is_same_v<T, double>) value = as_f64(r.real<double>());
      else if constexpr (std::is_same_v<T, VoiceSlot::Mode>)
        value = static_cast<T>(r.number(static_cast<uint64_t>(VoiceSlot::Mode::legato)));
      else if constexpr (std::is_same_v<T, VoiceSlot::Steal>)
        value = static_cast<T>(r.number(static_cast<uint64_t>(VoiceSlot::Steal::none)));
      else value = static_cast<T>(r.number(std::numeric_limits<T>::max()));
    });
    r.field("key_hz");
    r.expect('[');
    if (r.accept(']')) return;
    do d.slot.key_hz.push_back(as_f64(r.real<double>()));
    while (!r.failed() && r.accept(','));
    r.expect(']');
  }
  static void parse_state(Reader& r, StateDecl& d) {
    d.key = r.quoted();
    d.type = r.type();
    d.clock = field_clock(r);
    d.lanes = field_u32(r, "lanes");
    r.field("init");
    d.init = r.literal(d.type);
  }
  static void parse_delay_line(Reader& r, LineDecl& d) {
    d.key = r.quoted();
    d.type = r.type();
    d.clock = field_clock(r);
    d.lanes = field_u32(r, "lanes");
    d.max_delay = field_u32(r, "max_delay");
  }
  static void parse_table(Reader& r, TableDecl& d) {
    d.key = r.quoted();
    d.size = field_u32(r, "size");
    d.lanes = field_u32(r, "lanes");
    r.field("writable");
    d.writable = r.number(1) != 0;
    r.field("data");
    r.expect('[');
    if (r.accept(']')) return;
    do d.data.push_back(as_f32(r.real<float>()));
    while (!r.failed() && r.accept(','));
    r.expect(']');
  }

  void parse_inst(Reader& r) {
    const size_t start = r.here();
    if (ir_.size() >= kMaxValues) return r.fail("more than " + std::to_string(kMaxValues) + " insts");
    if (r.number32() != ir_.size())
      return r.fail_at(start, "insts are numbered from 0: expected %" + std::to_string(ir_.size()));
    r.expect('=');
    Inst inst;
    const size_t op_at = r.here();
    const std::string_view op = r.word();
    if (!parse_op(op, inst.op)) return r.fail_at(op_at, "no op is named '" + std::string(op) + "'");
    if (inst.op == Op::call || inst.op == Op::call_output)
      return r.fail_at(op_at, "an External call holds C++ objects and cannot be read from text");
    inst.type = r.type();
    inst.rate = parse_rate(r);
    if (r.peek().starts_with('x')) inst.clock = parse_clock(r);
    if (r.peek() == "lanes") inst.lanes = field_u32(r, "lanes");
    parse_immediates(r, inst);
    parse_args(r, inst);
    inst.exact = r.accept_word("exact");
    inst.entered = r.accept_word("entered") || inst.type != Type::f64 || inst.rate == Rate::sample ||
                   (inst.op == Op::constant && ir_.real == Type::f64);
    const size_t origin_at = r.here();
    const uint32_t origin = r.accept('@') ? r.number32() : 0;
    if (origin >= ir_.origins.size()) r.fail_at(origin_at, "no such origin is declared");
    if (r.failed()) return;
    if (is_root(inst.op)) ir_.roots.push_back({ir_.size()});
    ir_.insts.push_back(inst);
    ir_.origin.push_back(origin);
  }

  static Rate parse_rate(Reader& r) {
    const size_t start = r.here();
    const std::string_view text = r.word();
    for (const Rate rate : {Rate::constant, Rate::control, Rate::sample})
      if (name(rate) == text) return rate;
    return r.fail_at(start, "'" + std::string(text) + "' is no rate; the rates are constant, control and sample"),
           Rate::constant;
  }

  // The word is "x" and a number: x2.
  static uint8_t parse_clock(Reader& r) {
    const size_t start = r.here();
    const std::string_view text = r.word();
    uint8_t clock = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), clock);
    if (error != std::errc{} || end != text.data() + text.size())
      r.fail_at(start, "a clock is x and a number, such as x2");
    return clock;
  }

  static void parse_immediates(Reader& r, Inst& inst) {
    if (inst.op == Op::constant) {
      inst.imm = r.literal(inst.type);
    } else if (inst.op == Op::relane) {
      Relane map;
      for (const auto& [name, part] :
           {std::pair{"offset", &map.offset}, {"stride", &map.stride}, {"repeat", &map.repeat}}) {
        r.field(name);
        *part = static_cast<uint32_t>(r.number(0xfffff));
      }
      inst.imm = map.pack();
    } else {
      const text::Fields fields = text::fields(inst.op);
      if (!fields.imm.empty()) inst.imm = field_u32(r, fields.imm);
      if (!fields.imm2.empty()) inst.imm2 = field_u32(r, fields.imm2);
    }
  }

  void parse_args(Reader& r, Inst& inst) {
    const size_t start = r.here();
    std::vector<Value> args;
    if (r.accept('%')) {
      do {
        const size_t at = r.here();
        const uint32_t index = r.number32();
        if (!r.failed() && index >= ir_.size())
          r.fail_at(at, "%" + std::to_string(index) + " is used before it is made");
        args.push_back({index});
      } while (!r.failed() && r.accept(',') && (r.expect('%'), !r.failed()));
    }
    if (r.failed()) return;
    if (inst.op == Op::stack) {
      if (args.empty()) return r.fail_at(start, "a stack has at least one argument");
      inst.arg[0] = {static_cast<uint32_t>(ir_.pool.size())};
      inst.arg[1] = {static_cast<uint32_t>(args.size())};
      ir_.pool.insert(ir_.pool.end(), args.begin(), args.end());
      return;
    }
    const uint32_t most = info(inst.op).arity, least = inst.op == Op::tap ? 1 : most;
    if (args.size() < least || args.size() > most)
      return r.fail_at(start, std::string(info(inst.op).name) + " has " + std::to_string(most) + " arguments, not " +
                                  std::to_string(args.size()));
    for (size_t i = 0; i < args.size(); ++i) inst.arg[i] = args[i];
  }

  std::string_view text_;
  Ir ir_;
};

}  // namespace

Result<Ir> parse_ir(std::string_view text) { return Parser(text).run(); }

}  // namespace sinter
