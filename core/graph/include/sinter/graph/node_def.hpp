// What a node type is: ports with units and ranges, settings, a declared category, and one function on the IR builder.
// The patch reader, schema, docs, plugin parameters and the graph fuzzer need nothing else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/graph/span.hpp"
#include "sinter/ir/builder.hpp"

namespace sinter {

enum class Category : uint8_t { pure_math, stateful, external };
std::string_view name(Category category);

enum class Unit : uint8_t { none, hertz, seconds, gain, decibel, samples, semitones, percent, beats, turns };
/// As patches write it: "", "Hz", "s", "gain", "dB", "samples", "st", "%", "beats", "turns".
std::string_view name(Unit unit);
bool parse_unit(std::string_view text, Unit& unit);

enum class Scale : uint8_t { linear, log };
std::string_view name(Scale scale);

inline constexpr uint8_t kAnyWidth = 0;

struct Port {
  std::string_view name;
  uint8_t width = 1;                         ///< channels: 1, 2, or kAnyWidth
  std::optional<double> fallback;            ///< value where not connected; none: must be connected
  double minimum = -1e300, maximum = 1e300;  ///< clamped, never a fault
  Unit unit = Unit::none;
  Scale scale = Scale::linear;
  bool delayed = false;  ///< the output of a sample does not depend on this port in the same sample
  std::string_view doc;
};
struct OutputPort {
  std::string_view name = "out";
  uint8_t width = 1;
  std::string_view rows = {};  ///< of a kAnyWidth output: the setting that has a row per channel; none: as wide as `in`
};

enum class SettingKind : uint8_t { number, choice, flag, file, text, numbers, rows };
struct Setting {
  std::string_view name;
  SettingKind kind = SettingKind::number;
  double fallback = 0;
  double minimum = -1e300, maximum = 1e300;
  std::vector<std::string_view> choices;  ///< the first is the default
  bool required = false;
  std::string_view doc;
};

/// A setting's value as a patch gives it.
struct SettingValue {
  SettingKind kind = SettingKind::number;
  double number = 0;
  bool flag = false;
  std::string text;
  std::vector<double> numbers;    ///< of rows: one row after another, all of one length
  uint32_t row_count = 0;         ///< rows only
  Span key_span = {}, span = {};  ///< its name and its value in the patch file
  friend bool operator==(const SettingValue&, const SettingValue&) = default;
};

class NodeBuild;

struct NodeDef {
  std::string_view type;
  Category category = Category::pure_math;
  std::vector<Port> inputs;  ///< the first is the one `chain` feeds
  std::vector<OutputPort> outputs{{}};
  std::vector<Setting> settings;
  std::string_view doc;
  std::string_view source;  ///< paper, book or standard of its formula
  void (*lower)(NodeBuild&) = nullptr;

  const Port* port(std::string_view port_name) const;
  const Setting* setting(std::string_view setting_name) const;
};

/// Every node type there is; made by nodes/all.cpp and passed on by whoever compiles.
struct NodeLibrary {
  std::vector<NodeDef> defs;
  const NodeDef* find(std::string_view type) const;
};

/// What a node's lower() sees: its inputs as signals, its settings, and where to put outputs and state.
/// The lowering implements it; node files use only this and Signal formulas.
class NodeBuild {
 public:
  virtual ~NodeBuild() = default;

  virtual Builder& builder() = 0;
  /// The port's signal, clamped to its range, as wide as connected: k · width lanes, or width where it is spread.
  virtual Signal in(std::string_view port) = 0;
  virtual bool connected(std::string_view port) const = 0;
  /// How many instances of a fixed-width node run in lanes (k); for any-width nodes the channels of the first input.
  virtual uint32_t instances() const = 0;
  /// Its channels, which every copy of the composite or poly around it has: instance j of a mono node is of channel
  /// j / (instances() / channels()).
  virtual uint32_t channels() const = 0;
  /// True where the delayed port closes a cycle: its signal is not known yet, and delays are at least 1 sample.
  virtual bool in_cycle(std::string_view port) const = 0;
  /// Runs `use` with the port's signal: at once, or when the cycle it closes has been lowered.
  virtual void later(std::string_view port, std::function<void(Signal)> use) = 0;

  /// The largest magnitude that a signal can have, as the ranges of parameters, literals and clamps prove; else ∞.
  virtual double largest(Signal x) = 0;

  virtual double number(std::string_view setting) const = 0;
  virtual bool flag(std::string_view setting) const = 0;
  virtual std::string_view text(std::string_view setting) const = 0;
  virtual std::span<const double> numbers(std::string_view setting) const = 0;
  /// How many rows the numbers of a `rows` setting make.
  virtual uint32_t rows(std::string_view setting) const = 0;
  virtual bool given(std::string_view setting) const = 0;
  /// Absolute path of a file setting, inside the patch's folder.
  virtual std::string file(std::string_view setting) const = 0;
  /// A seed from the node's id path: noise of two nodes differs, and does not when the patch is read again.
  virtual uint32_t seed() const = 0;
  virtual std::string key(std::string_view state_name) const = 0;

  /// Says that the outputs are so much later than they had to be, for a node that looks ahead: the latency of a patch
  /// is the most on any way to its outputs, which hosts take off. Local samples.
  virtual void latency(uint32_t samples) = 0;

  /// What all nodes of a lowering that say this name share, nothing at first: tables made of one file, say.
  virtual std::shared_ptr<const void>& shared(const std::string& name) = 0;

  virtual void out(Signal value) = 0;
  virtual void out(std::string_view output, Signal value) = 0;
  virtual void fail(Errc code, std::string message) = 0;

  // Shorthand over the above
  Signal operator[](std::string_view port) { return in(port); }
  /// One f32 state per lane (audio type); assign with set().
  Signal state(std::string_view state_name, uint32_t lanes) {
    return builder().state(key(state_name), builder().ir().real, lanes);
  }
  Signal state(std::string_view state_name) { return state(state_name, instances()); }
  void set(Signal state_value, Signal next) { builder().next(state_value, next); }
  Signal coefficient(Signal x) { return builder().coefficient(x); }
  Signal constant(double value) { return builder().constant(value); }
  Signal sample_rate() { return builder().sample_rate(); }
};

}  // namespace sinter
