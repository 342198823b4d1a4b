// What the text form's printer and parser share: which immediate fields an op has, and under what names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter::text {

/// Names of imm and imm2 as fields of the text ("state=3", "count=5"); empty where the op has none.
struct Fields {
  std::string_view imm, imm2;
};
inline Fields fields(Op op) {
  switch (op) {
    case Op::input:
      return {"input", ""};
    case Op::param:
      return {"param", ""};
    case Op::prev:
    case Op::next:
      return {"state", ""};
    case Op::push:
      return {"line", ""};
    case Op::tap:
      return {"line", "min"};
    case Op::table_get:
    case Op::table_set:
      return {"table", ""};
    case Op::upsample:
    case Op::decimate:
      return {"factor", ""};
    case Op::call:
      return {"call", ""};
    case Op::call_output:
      return {"call", "output"};
    case Op::output:
      return {"output", ""};
    case Op::probe:
      return {"probe", ""};
    case Op::ishl:
    case Op::ishr:
    case Op::ushr:
      return {"", "count"};
    default:
      return {};
  }
}

/// Calls f(name, member) for each setting of a voices line but its key and the frequencies of its keys.
template <class Voices, class F>
void for_voice_fields(Voices& decl, F&& f) {
  auto& slot = decl.slot;
  f("voices", slot.voices), f("mode", slot.mode), f("steal", slot.steal), f("glide_seconds", slot.glide_seconds);
  f("bend_range", slot.bend_range), f("mpe_bend_range", slot.mpe_bend_range);
  f("lowest", slot.lowest), f("highest", slot.highest), f("choke", slot.choke);
  f("freq", decl.freq), f("gate", decl.gate), f("velocity", decl.velocity), f("off_velocity", decl.off_velocity);
  f("pressure", decl.pressure), f("timbre", decl.timbre), f("bend", decl.bend), f("note", decl.note);
  f("restart", decl.restart), f("open", decl.open), f("level_probe", slot.level_probe),
      f("done_probe", slot.done_probe);
}

/// The line of one inst, "%12 = mul f32 sample lanes=64 %3, %11"; safe for invalid insts too.
std::string print_inst(const Ir& ir, uint32_t index);

}  // namespace sinter::text
