// How blocks are cut into cells, and what happens when one begins: sources are read, control code runs where something
// moved, ramps head for the values at the next grid line.
#include <algorithm>

#include "class_text.hpp"

namespace sinter::exporting {

void ClassText::write_blocks(Writer& out) {
  out.line();
  out.open(
      "SINTER_PATCH_APART void run([[maybe_unused]] const float* const* in, [[maybe_unused]] float* const* out, int "
      "frames) noexcept");
  if (!parts_.parameters.empty()) out.line("adopt_parameters();");
  out.open("for (int done = 0; done < frames;)");
  out.line("const std::uint32_t remaining = 64 - static_cast<std::uint32_t>(frame_ % 64);");
  const bool scrubs =
      std::any_of(ir_.states.begin(), ir_.states.end(), [&](const StateDecl& decl) { return decl.type == ir_.real; });
  if (scrubs) out.line("if (remaining == 64) scrub_states();");
  if (model_.voice_probe_lanes) out.line("if (remaining == 64) hear_voices();");
  if (parts_.has_cells()) out.line("if (remaining == 64 || pending_cell_) begin_cell(remaining);");
  out.line("const std::uint32_t left = static_cast<std::uint32_t>(frames - done);");
  out.line("const std::uint32_t count = left < remaining ? left : remaining;");
  if (parts_.input_channels)
    out.block(R"(for (int c = 0; c < inputs; ++c) {
  if (in[c]) std::memcpy(in_[c], in[c] + done, count * sizeof(float));
  else std::memset(in_[c], 0, count * sizeof(float));
})");
  out.line("render(count);");
  if (parts_.output_channels)
    out.block(R"(for (int c = 0; c < outputs; ++c)
  if (out[c]) std::memcpy(out[c] + done, out_[c], count * sizeof(float));)");
  out.line("frame_ += count;");
  if (parts_.has_cells()) out.line("cell_offset_ += count;");
  out.line("done += static_cast<int>(count);");
  out.close();
  if (model_.meter_lanes) out.line("publish_levels(frames > 0 ? static_cast<std::uint32_t>(frames) : 0);");
  out.close();
  out.line();
  out.line("// The formulas of one frame, `frames` times within a cell.");
  out.open("void render(std::uint32_t frames) noexcept");
  out.line("SINTER_PATCH_STRICT");
  code_.write_render(out);
  out.close();
  if (!scrubs) return;
  ops_.need("scrub");
  out.line();
  out.open("void scrub_states() noexcept");
  for (size_t s = 0; s < ir_.states.size(); ++s)
    if (ir_.states[s].type == ir_.real) out.line("detail::scrub(" + model_.states[s] + "_);");
  out.close();
}

void ClassText::write_cells(Writer& out) {
  out.block(R"(
// Two roundings where a multiply-add has one, and no denormals.
SINTER_PATCH_APART static bool check_rounding() noexcept {
  SINTER_PATCH_STRICT
  const volatile float a = 1.000244140625f, b = 1.00048828125f, tiny = FLT_MIN;
  const volatile double c = 1.0 + 0x1p-27, d = 1.0 + 0x1p-26;
  const float product = a * a, half = tiny * 0.5f;
  const double wide = c * c;
  return product - b == 0.0f && wide - d == 0.0 && half == 0.0f;
})");
  if (parts_.has_cells()) write_begin_cell(out);
  for (const bool constants : {true, false}) {
    if (!(constants ? parts_.has_constants : parts_.has_controls)) continue;
    out.line();
    out.line(constants ? "// What never moves." : "// What depends on the sources that moved.");
    out.open(constants ? "SINTER_PATCH_APART void constants() noexcept" : "void control(std::uint64_t moved) noexcept");
    out.line("SINTER_PATCH_STRICT");
    code_.write_controls(out, constants);
    out.close();
  }
  if (!parts_.parameters.empty()) write_parameter_code(out);
  if (parts_.has_sources()) write_source_code(out);
  if (parts_.has_ramps) write_ramp_code(out);
  if (parts_.has_voices) write_voice_code(out);
  if (model_.meter_lanes) write_meter_code(out);
  out.line();
  out.line("// All sources where they belong, all controls computed, all ramps at rest.");
  out.open("void settle() noexcept");
  if (!parts_.parameters.empty())
    for (size_t k = 0; k < parts_.parameters.size(); ++k)
      out.line("glides_[" + number(k) + "] = {targets_[" + number(k) + "], 0, 0, false}, values_[" +
               number(model_.param_slot[parts_.parameters[k]]) + "] = targets_[" + number(k) + "];");
  if (!parts_.parameters.empty()) out.line("gliding_ = false;");
  if (parts_.has_sources()) out.line("sources_moved_ = true;"), out.line("read_sources(0);");
  if (parts_.has_controls) out.line("control(~std::uint64_t{0});");
  if (parts_.has_ramps) out.block("read_targets();\nstd::memcpy(now_, target_, sizeof now_);\nwrite_ramps(64);");
  out.close();
}

void ClassText::write_begin_cell(Writer& out) const {
  out.line();
  out.open("void begin_cell(std::uint32_t remaining) noexcept");
  if (parts_.has_ramps) out.line("const std::uint32_t elapsed = cell_offset_;");
  out.line("cell_offset_ = 0;");
  out.line("pending_cell_ = false;");
  std::string moved;
  if (!parts_.parameters.empty()) moved = "glide(remaining == 64)";
  if (parts_.has_sources()) moved += std::string(moved.empty() ? "" : " | ") + "read_sources(remaining)";
  if (parts_.has_voices) moved += std::string(moved.empty() ? "" : " | ") + "read_voices(remaining == 64)";
  if (moved.empty()) moved = "0";
  out.line("const std::uint64_t moved = " + moved + ";");
  if (parts_.has_controls) out.line("if (moved != 0) control(moved);");
  if (parts_.has_ramps) {
    out.line("if (moved == 0 && !ramps_moving_) return;");
    out.line("move_ramps(elapsed, remaining);");
    out.line("write_ramps(remaining);");
  } else if (!parts_.has_controls) {
    out.line("static_cast<void>(moved);");
  }
  out.close();
}

void ClassText::write_ramp_code(Writer& out) const {
  out.line();
  out.open("void read_targets() noexcept");
  for (const Ramp& ramp : model_.ramps) {
    const Inst& inst = ir_.insts[ramp.inst];
    const std::string to =
        "target_[" + slot(ramp.first, inst.lanes) + "] = " + code_.control_place(inst.arg[0].index) + ";";
    out.line(inst.lanes > 1 ? lane_loop(inst.lanes) + " " + to : to);
  }
  out.close();
  out.block(R"(
// Ramps stand where they are now and go to the values that controls have at the next grid line.
void move_ramps(std::uint32_t elapsed, std::uint32_t remaining) noexcept {
  SINTER_PATCH_STRICT
  for (std::size_t r = 0; r < sizeof now_ / sizeof(double); ++r)
    now_[r] = remaining == 64 ? target_[r] : now_[r] + (target_[r] - now_[r]) * elapsed / (elapsed + remaining);
  read_targets();)");
  for (const Ramp& ramp : model_.ramps) {
    const Inst& inst = ir_.insts[ramp.inst];
    // A note does not glide from the one that its voice played before.
    if (const uint32_t poly = model_.voices[inst.arg[0].index])
      out.line("  jump(" + number(poly - 1) + ", " + number(ramp.first) + ", " + number(inst.lanes) + ");");
  }
  bool jumps = false;
  for (const Ramp& ramp : model_.ramps) {
    const Inst& from = ir_[ir_.insts[ramp.inst].arg[0]];
    if (from.op != Op::param) continue;
    const ControlRole role = ir_.params[from.imm].role;
    if (role != ControlRole::beat && role != ControlRole::bar) continue;
    const std::string bar = role == ControlRole::bar ? " / beats_per_bar_" : "";
    out.line("  if (jumped_) now_[" + number(ramp.first) + "] = beat_at(frame_)" + bar + ";");
    jumps = true;
  }
  if (jumps || !parts_.transport.empty()) out.line("  jumped_ = false;");
  out.line("}");
  const bool one_clock = std::all_of(model_.ramps.begin(), model_.ramps.end(),
                                     [&](const Ramp& ramp) { return ir_.insts[ramp.inst].clock == 1; });
  out.block(R"(
void write_ramps(std::uint32_t remaining) noexcept {
  SINTER_PATCH_STRICT
  ramps_moving_ = false;)");
  if (!one_clock) {
    std::vector<std::string> clocks;
    for (const Ramp& ramp : model_.ramps)
      clocks.insert(clocks.end(), ir_.insts[ramp.inst].lanes, number(ir_.insts[ramp.inst].clock));
    out.list("  static constexpr std::uint32_t clocks[] = ", clocks, ";");
  }
  const std::string real(type_name(ir_.real)), length = one_clock ? "remaining" : "(remaining * clocks[r])";
  out.block(
      "  for (std::size_t r = 0; r < sizeof now_ / sizeof(double); ++r) {\n"
      "    const bool moves = target_[r] != now_[r];\n"
      "    const double slope = moves ? (target_[r] - now_[r]) / " +
      length +
      " : 0.0;\n"
      "    start_[r] = static_cast<" +
      real +
      ">(now_[r]);\n"
      "    slope_[r] = static_cast<" +
      real +
      ">(slope);\n"
      "    ramps_moving_ = ramps_moving_ || moves;\n"
      "  }\n}");
}

}  // namespace sinter::exporting
