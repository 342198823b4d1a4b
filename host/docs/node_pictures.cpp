// See node_pictures.hpp. Each kind of picture is what drives the node, and what is drawn of its output.
#include "node_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>

namespace sinter::host {
namespace {

constexpr double kRate = 48'000, kTau = 6.283185307179586;
constexpr double kLowest = 20, kHighest = 20'000;  // Hz
constexpr int kPoints = 400;                       // of a spectrum
constexpr uint32_t kLong = 1 << 16;                // frames whose spectrum is drawn
constexpr double kQuiet = -60;                     // dB: where level pictures begin
constexpr double kRampSeconds = 20;

using Row = std::vector<float>;

uint32_t frames_of(const NodeExample& example) {
  switch (example.picture) {
    case Picture::response:
    case Picture::spectrum:
      return kLong;
    case Picture::curve:
      return static_cast<uint32_t>(kRate);
    case Picture::levels:
      return static_cast<uint32_t>(kRampSeconds * kRate);
    default:
      return static_cast<uint32_t>(example.reach * kRate);
  }
}

Row drive(const NodeExample& example) {
  Row row(frames_of(example));
  const double frames = static_cast<double>(row.size());
  for (size_t n = 0; n < row.size(); ++n) {
    const double part = static_cast<double>(n) / frames;
    double x = 0;
    if (example.picture == Picture::curve) x = example.reach * (2 * part - 1);
    else if (example.picture == Picture::step) x = part < 0.5;
    else if (example.picture == Picture::levels)
      x = std::pow(10, kQuiet * (1 - part) / 20) * std::sin(kTau * 1000 / kRate * static_cast<double>(n));
    else x = n == 0;
    row[n] = static_cast<float>(x);
  }
  return row;
}

Result<std::vector<Row>> played(const NodeExample& example, const std::string& folder, const Row& in) {
  const Result<Graph> graph = read_patch(example_patch(example), std::string(example.type), folder, standard_nodes());
  if (!graph) return graph.errors();
  CompileOptions options;
  options.sample_rate = kRate;
  options.strict = true;
  options.backend = &best_backend();
  const Result<Compiled> compiled = compile_patch(*graph, options);
  if (!compiled) return compiled.errors();
  Engine engine;
  engine.prepare(compiled->program);
  std::vector<Row> rows(compiled->program->layout.output_channels, Row(in.size()));
  const float* const inputs[] = {in.data()};
  std::vector<float*> outputs;
  for (Row& row : rows) outputs.push_back(row.data());
  engine.process(inputs, outputs, static_cast<uint32_t>(in.size()));
  return rows;
}

double decibel(double x) { return 20 * std::log10(std::max(x, 1e-9)); }
double hertz_at(int point) { return kLowest * std::pow(kHighest / kLowest, point / (kPoints - 1.0)); }

double magnitude(const Row& row, size_t from, size_t count, double hertz, bool window) {
  const std::complex<double> turn = std::polar(1.0, -kTau * hertz / kRate);
  std::complex<double> sum = 0, z = 1;
  for (size_t n = 0; n < count; ++n) {
    const double weight = window ? 1 - std::cos(kTau * static_cast<double>(n) / static_cast<double>(count)) : 1;
    sum += weight * static_cast<double>(row[from + n]) * z;
    z *= turn;
  }
  return std::abs(sum);
}

Curve response(const Row& row) {
  Curve curve;
  for (int point = 0; point < kPoints; ++point) {
    curve.x.push_back(hertz_at(point));
    curve.y.push_back(decibel(magnitude(row, 0, row.size(), curve.x.back(), false)));
  }
  return curve;
}

// Of short pieces, and of neighbouring frequencies: noise is what it is on average.
Curve spectrum(const Row& row) {
  constexpr size_t kPiece = 4096;
  Curve curve;
  for (int point = 0; point < kPoints; point += 4) {
    double power = 0;
    const double hertz = hertz_at(point);
    for (size_t from = 0; from + kPiece <= row.size(); from += kPiece / 2)
      power += std::pow(magnitude(row, from, kPiece, hertz, true), 2);
    curve.x.push_back(hertz);
    curve.y.push_back(decibel(std::sqrt(power * 2 * kPiece / static_cast<double>(row.size()) / kPiece / 1.5)));
  }
  return curve;
}

// The loudest sample of each piece, over time or over what the input was then.
Curve levels(const Row& row, double seconds, bool over_input) {
  constexpr size_t kPieces = 300;
  Curve curve;
  for (size_t piece = 0; piece < kPieces; ++piece) {
    float most = 0;
    for (size_t n = row.size() * piece / kPieces; n < row.size() * (piece + 1) / kPieces; ++n)
      most = std::max(most, std::abs(row[n]));
    const double part = (static_cast<double>(piece) + 1) / kPieces;
    curve.x.push_back(over_input ? kQuiet * (1 - part) : part * seconds);
    curve.y.push_back(decibel(most));
  }
  return curve;
}

Curve over(const Row& row, double from, double to) {
  Curve curve;
  for (size_t n = 0; n < row.size(); ++n) {
    curve.x.push_back(from + (to - from) * static_cast<double>(n) / static_cast<double>(row.size()));
    curve.y.push_back(row[n]);
  }
  return curve;
}

Curve drawn(const NodeExample& example, const Row& row) {
  switch (example.picture) {
    case Picture::response:
      return response(row);
    case Picture::spectrum:
      return spectrum(row);
    case Picture::decay:
      return levels(row, example.reach, false);
    case Picture::levels:
      return levels(row, kRampSeconds, true);
    case Picture::curve:
      return over(row, -example.reach, example.reach);
    default:
      return over(row, 0, example.reach);
  }
}

void set_axes(Plot& plot, const NodeExample& example) {
  const Picture picture = example.picture;
  const bool in_decibel = picture == Picture::response || picture == Picture::spectrum || picture == Picture::decay ||
                          picture == Picture::levels;
  double low = 1e9, high = -1e9;
  for (const Curve& curve : plot.curves)
    for (const double y : curve.y) low = std::min(low, y), high = std::max(high, y);
  if (in_decibel) {
    high = std::ceil((high + 1) / 6) * 6;
    low = std::max(std::floor((low - 1) / 6) * 6, high - 72);
    plot.y = {"dB", low, std::max(high, low + 12)};
  } else {
    const double margin = std::max(0.08 * (high - low), 0.02);
    plot.y = {"output", low - margin, high + margin};
  }
  if (picture == Picture::response || picture == Picture::spectrum) plot.x = {"Hz", kLowest, kHighest, true};
  else if (picture == Picture::levels) plot.x = {"input, dB", kQuiet, 0};
  else if (picture == Picture::curve) plot.x = {"input", -example.reach, example.reach};
  else plot.x = {"seconds", 0, example.reach};
}

// "stack(x.low, x.high)" names its curves; of others with several channels, left and right do.
std::vector<std::string> names_of(const NodeExample& example, size_t channels) {
  if (channels == 1) return {""};
  std::vector<std::string> names;
  const std::string shown(example.shown);
  if (shown.starts_with("stack("))
    for (size_t at = 6; at < shown.size();) {
      const size_t end = shown.find_first_of(",)", at);
      names.push_back(shown.substr(at, end - at));
      at = shown.find_first_not_of(", )", end);
    }
  for (std::string& name : names)
    for (size_t at; (at = name.find("x.")) != std::string::npos;) name.erase(at, 2);
  if (names.size() == channels) return names;
  names = {"left", "right"};
  names.resize(channels);
  return names;
}

}  // namespace

Result<Plot> picture_of(const NodeExample& example, const std::string& folder) {
  const Row in = drive(example);
  const Result<std::vector<Row>> rows = played(example, folder, in);
  if (!rows) return rows.errors();
  Plot plot{.title = "what " + std::string(example.type) + " does", .x = {}, .y = {}, .curves = {}};
  if (example.picture == Picture::step) {
    plot.curves.push_back(over(in, 0, example.reach));
    plot.curves.back().is_reference = true;
  } else if (example.picture == Picture::levels) {
    plot.curves.push_back({.name = "", .x = {kQuiet, 0}, .y = {kQuiet, 0}, .is_reference = true});
  }
  const std::vector<std::string> names = names_of(example, rows->size());
  for (size_t c = 0; c < rows->size(); ++c) {
    plot.curves.push_back(drawn(example, (*rows)[c]));
    plot.curves.back().name = names[c];
  }
  set_axes(plot, example);
  return plot;
}

Result<bool> write_node_pictures(const std::string& folder, const std::string& to) {
  std::error_code problem;
  std::filesystem::create_directories(to, problem);
  for (const NodeExample& example : node_examples()) {
    const Result<Plot> plot = picture_of(example, folder);
    if (!plot) return plot.errors();
    const std::string path = to + "/" + std::string(example.type) + ".svg";
    std::ofstream file(path, std::ios::binary);
    if (!(file << svg(*plot)))
      return Error{.code = Errc::cannot_write, .message = "cannot write '" + path + "'; choose another folder"};
  }
  return true;
}

}  // namespace sinter::host
