// The class: what its user sees, how it is reset, and what it keeps.
#include "class_text.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::exporting {
namespace {

// Rings of few samples lie in the object.
constexpr uint32_t kInObject = 256;

std::string array(const std::string& type, const std::string& name, uint64_t count) {
  return type + " " + name + "[" + number(count) + "] = {};";
}

std::string value(const std::string& type, const std::string& name, uint32_t lanes) {
  return lanes > 1 ? array(type, name, lanes) : type + " " + name + " = {};";
}

constexpr std::string_view kUse = R"(
Patch() {
  const detail::FlushDenormals mode;
  allocate();
  start();
}

// Begins anew; false, and nothing is done, where the rate is not the one of this header.
bool prepare(double rate) noexcept {
  if (rate != sample_rate) return false;
  reset();
  return true;
}

// As new, but for the parameters, which jump to where they were headed.
void reset() noexcept {
  const detail::FlushDenormals mode;
  start();
}

// Rows of one channel each; null: silence in, nothing out. An output may be the same row as an input.
void process([[maybe_unused]] const float* const* in, [[maybe_unused]] float* const* out, int frames) noexcept {
  const detail::FlushDenormals mode;
  run(in, out, frames);
}

// True where this build rounds and flushes as Sinter does.
static bool exact() noexcept {
  const detail::FlushDenormals mode;
  return check_rounding();
}
)";

constexpr std::string_view kParameters = R"(
// In its own unit, clamped to its range; not a number: its initial value. Heard from the first frame of the next call
// on, gliding where the patch says so.
void set_parameter(int index, double value) noexcept {
  if (index < 0 || index >= parameters) return;
  const std::size_t i = static_cast<std::size_t>(index);
  const Parameter& of = parameter_table[i];
  const double raised = value < of.minimum ? of.minimum : value;
  targets_[i] = value != value ? of.initial : of.maximum < raised ? of.maximum : raised;
}
double parameter(int index) const noexcept {
  return index < 0 || index >= parameters ? 0.0 : targets_[static_cast<std::size_t>(index)];
}
)";

constexpr std::string_view kController = R"(
// MIDI controller 0 to 127 at 0 to 1: a ramp from the next cell on, which begins within 64 frames.
void set_controller(int index, double value) noexcept {
  if (index < 0 || index >= 128) return;
  controllers_[index] = value >= 0 ? (value < 1 ? value : 1) : 0;
  sources_moved_ = true;
}
)";

constexpr std::string_view kMoves = R"(
// Where the music stands at the first frame of the next call. Without a call the tempo stays and beats count on.
void set_transport(double bpm, double beat, double beats_per_bar, bool playing) noexcept {
  const detail::FlushDenormals mode;
  move_transport(bpm, beat, beats_per_bar, playing);
}
)";

}  // namespace

Parts::Parts(const Model& model) {
  const Ir& ir = model.ir;
  for (uint32_t i = 0; i < ir.params.size(); ++i) switch (ir.params[i].role) {
      case ControlRole::parameter:
        parameters.push_back(i);
        break;
      case ControlRole::controller:
        controllers.push_back(i);
        break;
      case ControlRole::beat:
      case ControlRole::bar:
        has_beat = true;
        [[fallthrough]];
      case ControlRole::bpm:
      case ControlRole::playing:
        transport.push_back(i);
        break;
      case ControlRole::voice:
        break;
    }
  for (const InputDecl& input : ir.inputs) input_channels += input.channels;
  for (const OutputDecl& output : ir.outputs) output_channels += output.channels;
  for (const ControlRun& run : model.runs) (run.moved_by ? has_controls : has_constants) = true;
  has_ramps = !model.ramps.empty();
  has_voices = !ir.voices.empty();
}

ClassText::ClassText(const Model& model, const ExportTexts& texts, const std::string& name_space)
    : model_(model), ir_(model.ir), texts_(texts), parts_(model), name_space_(name_space), code_(model, ops_) {}

void ClassText::write_class(Writer& out) {
  out.open("class Patch");
  out.label("public:");
  write_public(out);
  write_setters(out);
  out.line();
  out.label("private:");
  write_blocks(out);
  write_cells(out);
  write_reset(out);
  write_members(out);
  out.close(";");
}

void ClassText::write_public(Writer& out) const {
  out.line("static constexpr double sample_rate = " + literal(ir_.sample_rate) + ";  // Hz");
  out.line("static constexpr int inputs = " + number(parts_.input_channels) +
           ", outputs = " + number(parts_.output_channels) + ";  // channels");
  out.line("static constexpr int latency_frames = " + number(ir_.latency_frames) + ";");
  const size_t count = parts_.parameters.size();
  out.line("static constexpr int parameters = " + number(count) + ";");
  if (count) {
    std::vector<std::string> rows;
    out.line("static constexpr std::array<Parameter, " + number(count) + "> parameter_table = {{");
    for (const uint32_t p : parts_.parameters) {
      const ParamDecl& decl = ir_.params[p];
      std::string unit;
      for (const ExportTexts::Param& text : texts_.params)
        if (text.id == decl.id) unit = text.unit;
      out.line("    {" + quoted(decl.id) + ", " + literal(decl.minimum) + ", " + literal(decl.maximum) + ", " +
               literal(decl.initial) + ", " + quoted(unit) + "},");
    }
    out.line("}};");
  }
  out.block(kUse);
}

void ClassText::write_setters(Writer& out) const {
  if (!parts_.parameters.empty()) out.block(kParameters);
  if (!parts_.controllers.empty()) out.block(kController);
  if (!parts_.transport.empty()) out.block(kMoves);
  if (parts_.has_voices) write_voice_setters(out);
  if (model_.meter_lanes)
    out.block(R"(
// Peak and root of the mean square of a meter over the last complete window of at least 1024 frames, linear.
float meter_peak(int index) const noexcept { return level(index, 0); }
float meter_rms(int index) const noexcept { return level(index, 1); }
)");
}

void ClassText::write_reset(Writer& out) const {
  out.line();
  out.open("void allocate()");
  for (size_t l = 0; l < ir_.lines.size(); ++l) {
    const uint64_t size = uint64_t{model_.line_stride(static_cast<uint32_t>(l))} * ir_.lines[l].lanes;
    if (size > kInObject) out.line(model_.lines[l] + "_.resize(" + number(size) + ");");
  }
  if (parts_.has_constants) out.line("constants();");
  for (size_t k = 0; k < parts_.parameters.size(); ++k)
    out.line("targets_[" + number(k) + "] = parameter_table[" + number(k) + "].initial;");
  out.close();
  out.line();
  out.open("SINTER_PATCH_APART void start() noexcept");
  for (size_t s = 0; s < ir_.states.size(); ++s) {
    const StateDecl& decl = ir_.states[s];
    const std::string name = model_.states[s] + "_", first = literal(decl.type, decl.init);
    if (decl.lanes == 1) out.line(name + " = " + first + ";");
    else out.line("for (" + std::string(type_name(decl.type)) + "& state : " + name + ") state = " + first + ";");
  }
  for (size_t l = 0; l < ir_.lines.size(); ++l)
    out.line("for (" + std::string(type_name(ir_.lines[l].type)) + "& sample : " + model_.lines[l] + "_) sample = 0;");
  for (size_t t = 0; t < ir_.tables.size(); ++t) {
    const TableDecl& decl = ir_.tables[t];
    if (!decl.writable) continue;
    const std::string name = model_.tables[t] + "_";
    if (decl.data.empty()) out.line("for (float& x : " + name + ") x = 0;");
    else out.line("std::memcpy(" + name + ", detail::" + model_.tables[t] + ", sizeof " + name + ");");
  }
  out.line("frame_ = 0;");
  if (parts_.has_cells()) out.line("cell_offset_ = 0;"), out.line("pending_cell_ = false;");
  if (model_.meter_lanes) out.line("window_ = 0;");
  if (!ir_.probes.empty()) out.block("for (float& x : peak_) x = 0;\nfor (float& x : squares_) x = 0;");
  if (!parts_.transport.empty()) out.line("counted_from_ = 0;"), out.line("beat_ = 0;"), out.line("jumped_ = false;");
  if (parts_.has_voices) out.line("silence_voices();");
  out.line("settle();");
  out.close();
}

void ClassText::write_members(Writer& out) const {
  out.line();
  out.line("std::uint64_t frame_ = 0;");
  if (parts_.has_cells()) {
    out.line("std::uint32_t cell_offset_ = 0;  // frames since the cell began");
    out.line("bool pending_cell_ = false;      // one begins with the next frame");
  }
  if (parts_.input_channels) out.line(array("float", "in_[" + number(parts_.input_channels) + "]", kGridFrames));
  if (parts_.output_channels) out.line(array("float", "out_[" + number(parts_.output_channels) + "]", kGridFrames));
  if (model_.param_lanes) out.line(array("double", "values_", model_.param_lanes));
  if (!parts_.parameters.empty()) {
    const std::string count = number(parts_.parameters.size());
    out.line("double targets_[" + count + "] = {};");
    out.line("Glide glides_[" + count + "] = {};");
    out.line("bool gliding_ = false;");
  }
  if (!parts_.transport.empty()) {
    out.line("double bpm_ = 120, beat_ = 0, beats_per_bar_ = 4;");
    out.line("bool playing_ = true, jumped_ = false;");
    out.line("std::uint64_t counted_from_ = 0;");
  }
  if (!parts_.controllers.empty()) out.line(array("double", "controllers_", 128));
  if (parts_.has_sources()) out.line("bool sources_moved_ = true;");
  if (parts_.has_ramps) {
    const std::string real(type_name(ir_.real));
    out.line("// Where ramps stand at the start of the cell, and what they head for.");
    out.line(array("double", "now_", model_.ramp_lanes));
    out.line(array("double", "target_", model_.ramp_lanes));
    out.line(array(real, "start_", model_.ramp_lanes));
    out.line(array(real, "slope_", model_.ramp_lanes));
    out.line("bool ramps_moving_ = false;");
  }
  if (!ir_.probes.empty()) {
    out.line(array("float", "peak_", model_.meter_lanes + model_.voice_probe_lanes));
    out.line(array("float", "squares_", model_.meter_lanes + model_.voice_probe_lanes));
  }
  if (model_.meter_lanes) {
    out.line(array("float", "levels_", 2 * model_.meter_lanes));
    out.line("std::uint32_t window_ = 0;");
  }
  if (parts_.has_voices) write_voice_members(out);
  write_storage(out);
}

// What sample and control code keeps.
void ClassText::write_storage(Writer& out) const {
  for (uint32_t i = 0; i < ir_.size(); ++i) {
    const Inst& inst = ir_.insts[i];
    const std::string type(type_name(inst.type));
    if (model_.member[i]) out.line(value(type, "c" + number(i) + "_", inst.lanes));
    else if (model_.is_scratch(i)) {
      bool stored = false;
      for (const ControlRun& run : model_.runs) stored |= run.schedule.array[i];
      for (const ClockSet& set : model_.sets) stored |= set.schedule.array[i];
      stored &= model_.made[i];
      if (stored) out.line(array(type, "v" + number(i) + "_", inst.lanes));
    }
  }
  for (size_t s = 0; s < ir_.states.size(); ++s) {
    const StateDecl& decl = ir_.states[s];
    out.line(value(std::string(type_name(decl.type)), model_.states[s] + "_", decl.lanes) + "  // " +
             comment(decl.key));
  }
  for (size_t l = 0; l < ir_.lines.size(); ++l) {
    const uint64_t size = uint64_t{model_.line_stride(static_cast<uint32_t>(l))} * ir_.lines[l].lanes;
    const std::string type(type_name(ir_.lines[l].type)), name = model_.lines[l] + "_";
    const std::string kind = size > kInObject ? "std::vector<" + type + "> " + name
                                              : "std::array<" + type + ", " + number(size) + "> " + name + " = {}";
    out.line(kind + ";  // " + comment(ir_.lines[l].key));
  }
  for (size_t t = 0; t < ir_.tables.size(); ++t)
    if (ir_.tables[t].writable)
      out.line(array("float", model_.tables[t] + "_", uint64_t{ir_.tables[t].size} * ir_.tables[t].lanes) + "  // " +
               comment(ir_.tables[t].key));
}

}  // namespace sinter::exporting
