// Where control values come from, and what is told of signals: parameters, the transport and controllers; meters.
#include <algorithm>
#include <cmath>

#include "class_text.hpp"

namespace sinter::exporting {
namespace {

constexpr std::string_view kGlideState = R"(
// A parameter on its way to a new value, which it reaches after this many more grid lines.
struct Glide {
  double heading, step;
  std::uint32_t cells_left;
  bool fresh;
};)";

constexpr std::string_view kAdopt = R"(
void adopt_parameters() noexcept {
  SINTER_PATCH_STRICT
  for (std::size_t k = 0; k < parameters; ++k) {
    Glide& glide = glides_[k];
    if (glide.heading == targets_[k]) continue;
    glide.heading = targets_[k];
    glide.cells_left = glide_cells[k];
    glide.step = (glide.heading - values_[value_of[k]]) / glide.cells_left;
    glide.fresh = gliding_ = true;)";

constexpr std::string_view kGlide = R"(
// To the values of the next grid line. In a cell that begins between grid lines only those move that have just set out.
std::uint64_t glide(bool on_grid) noexcept {
  SINTER_PATCH_STRICT
  if (!gliding_) return 0;
  gliding_ = false;
  std::uint64_t moved = 0;
  for (std::size_t k = 0; k < parameters; ++k) {
    Glide& glide = glides_[k];
    if (glide.cells_left == 0) continue;
    if (on_grid || glide.fresh) {
      double& value = values_[value_of[k]];
      value = --glide.cells_left != 0 ? value + glide.step : glide.heading;
      glide.fresh = false;
      moved |= std::uint64_t{1} << group_of[k];
    }
    gliding_ = gliding_ || glide.cells_left != 0;
  }
  return moved;
})";

constexpr std::string_view kTransport = R"(
double beat_at(std::uint64_t at) const noexcept {
  SINTER_PATCH_STRICT
  if (!playing_) return beat_;
  const double frames = static_cast<double>(static_cast<std::int64_t>(at - counted_from_));
  return beat_ + frames * bpm_ / (60 * sample_rate);
}

SINTER_PATCH_APART void move_transport(double bpm, double beat, double beats_per_bar, bool playing) noexcept {
  SINTER_PATCH_STRICT
  const double here = beat_at(frame_), ahead = here - beat;
  const bool jump = !(ahead <= 1e-6 && ahead >= -1e-6);
  if (!jump && bpm == bpm_ && playing == playing_ && beats_per_bar == beats_per_bar_) return;
  beat_ = jump ? beat : here;
  if (!(beat_ - beat_ == 0)) beat_ = 0;
  bpm_ = !(bpm - bpm == 0) ? 120 : bpm < 1 ? 1 : bpm < 999 ? bpm : 999;
  beats_per_bar_ = beats_per_bar >= 1 && beats_per_bar <= 64 ? beats_per_bar : 4;
  playing_ = playing;
  counted_from_ = frame_;
  jumped_ = jumped_ || jump;
  sources_moved_ = true;)";

constexpr std::string_view kLevels = R"(
float level(int index, std::size_t kind) const noexcept {
  const std::size_t lanes = sizeof levels_ / sizeof levels_[0] / 2;
  const std::size_t i = static_cast<std::size_t>(index);
  return index >= 0 && i < lanes ? levels_[2 * i + kind] : 0.0f;
}

void publish_levels(std::uint32_t frames) noexcept {
  SINTER_PATCH_STRICT
  window_ += frames;
  if (window_ < 1024) return;
  const std::size_t lanes = sizeof levels_ / sizeof levels_[0] / 2;
  for (std::size_t i = 0; i < lanes; ++i) {
    levels_[2 * i] = peak_[i];
    levels_[2 * i + 1] = SINTER_PATCH_FLOAT(sqrt)(squares_[i] / static_cast<float>(window_));
    peak_[i] = squares_[i] = 0;
  }
  window_ = 0;
})";

}  // namespace

void ClassText::write_parameter_code(Writer& out) const {
  std::vector<std::string> cells, slots, groups;
  for (const uint32_t p : parts_.parameters) {
    const double length = std::nearbyint(ir_.params[p].smooth_seconds * ir_.sample_rate / kGridFrames);
    cells.push_back(number(static_cast<uint64_t>(std::clamp(length, 1.0, 1e9))));
    slots.push_back(number(model_.param_slot[p]));
    groups.push_back(number(p % 64));
  }
  out.block(kGlideState);
  const std::string count = "[" + number(cells.size()) + "] = ";
  out.list("static constexpr std::uint32_t glide_cells" + count, cells, ";");
  out.list("static constexpr std::uint32_t value_of" + count, slots, ";  // index into values_");
  out.list("static constexpr std::uint32_t group_of" + count, groups, ";  // bit of what it moves");
  out.block(kAdopt);
  out.block(parts_.has_cells() ? "    pending_cell_ = true;\n  }\n}" : "  }\n}");
  if (!parts_.has_cells()) return;
  out.block(kGlide);
}

void ClassText::write_source_code(Writer& out) const {
  if (!parts_.transport.empty()) out.block(kTransport);
  if (!parts_.transport.empty()) out.block(parts_.has_cells() ? "  pending_cell_ = true;\n}" : "}");
  out.line();
  out.line("// What the transport and controllers say for the next grid line.");
  out.open("std::uint64_t read_sources([[maybe_unused]] std::uint32_t remaining) noexcept");
  out.line("SINTER_PATCH_STRICT");
  if (!parts_.has_beat) out.line("if (!sources_moved_) return 0;");
  out.line("sources_moved_ = false;");
  out.line("std::uint64_t moved = 0;");
  for (uint32_t p = 0; p < ir_.params.size(); ++p) {
    const ParamDecl& decl = ir_.params[p];
    std::string now;
    if (decl.role == ControlRole::bpm) now = "bpm_";
    if (decl.role == ControlRole::beat) now = "beat_at(frame_ + remaining)";
    if (decl.role == ControlRole::bar) now = "beat_at(frame_ + remaining) / beats_per_bar_";
    if (decl.role == ControlRole::playing) now = "playing_ ? 1.0 : 0.0";
    if (decl.role == ControlRole::controller) now = "controllers_[" + number(decl.number) + "]";
    if (now.empty()) continue;
    const std::string slot = "values_[" + number(model_.param_slot[p]) + "]";
    out.open("if (const double value = " + now + "; value != " + slot + ")");
    out.line(slot + " = value;");
    out.line("moved |= std::uint64_t{1} << " + number(p % 64) + ";");
    out.close();
  }
  out.line("return moved;");
  out.close();
}

void ClassText::write_meter_code(Writer& out) const { out.block(kLevels); }

}  // namespace sinter::exporting
