// Settings against their rows in the node's table: kind, range, choices, files.
#include <algorithm>
#include <cmath>
#include <set>

#include "files.hpp"
#include "numbers.hpp"
#include "scope.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

bool is_text(SettingKind kind) {
  return kind == SettingKind::choice || kind == SettingKind::file || kind == SettingKind::text;
}

std::string_view wanted(SettingKind kind) {
  constexpr std::string_view kWords[] = {"a number",
                                         "one of its choices",
                                         "true or false",
                                         "the name of a file",
                                         "a string",
                                         "an array of numbers",
                                         "an array of rows, each an array of numbers"};
  return kWords[static_cast<size_t>(kind)];
}

class SettingChecker {
 public:
  SettingChecker(const Scope& scope, const Node& node, const NodeDef& def, bool reading)
      : scope_(scope), node_(node), def_(def), reading_(reading) {}

  void check() const {
    std::set<std::string_view> given;
    for (const auto& [name, value] : node_.settings) {
      if (scope_.report.full()) return;
      const bool first = given.insert(name).second;
      if (!first && !reading_) error(Errc::duplicate_key, value.key_span, "the setting '" + name + "' is given twice");
      if (const Setting* setting = def_.setting(name)) check(*setting, value);
      else unknown(name, value);
    }
    for (const Setting& setting : def_.settings)
      if (setting.required && !given.contains(setting.name) && !reading_)
        error(Errc::missing_key, node_.span, missing_setting(def_, setting));
  }

 private:
  void error(Errc code, const Span& span, std::string message) const {
    scope_.report.error(code, span, scope_.prefix + node_.id, std::move(message));
  }

  void unknown(const std::string& name, const SettingValue& value) const {
    std::string hint;
    if (def_.port(name)) {
      hint = "; it is an input: write it inside \"in\"";
    } else {
      std::vector<std::string_view> names = {"id", "type", "in", "channels", "chain", "strategy", "note"};
      for (const Setting& setting : def_.settings) names.push_back(setting.name);
      for (const Port& port : def_.inputs) names.push_back(port.name);
      hint = did_you_mean(name, names);
    }
    error(Errc::unknown_port, value.key_span, "'" + node_.type + "' has no setting '" + name + "'" + hint);
  }

  void check(const Setting& setting, const SettingValue& value) const {
    const std::string what = "the setting '" + std::string(setting.name) + "'";
    if (value.kind != setting.kind && !(is_text(value.kind) && is_text(setting.kind)))
      return error(Errc::wrong_type, value.span, what + " must be " + std::string(wanted(setting.kind)));
    switch (setting.kind) {
      case SettingKind::number:
        return range(setting, value, value.number);
      case SettingKind::rows:
        if (value.row_count == 0 || value.numbers.empty() || value.numbers.size() % value.row_count != 0)
          return error(Errc::bad_setting, value.span, what + " needs rows of one length, at least one number in each");
        [[fallthrough]];
      case SettingKind::numbers:
        for (double number : value.numbers) range(setting, value, number);
        return;
      case SettingKind::choice:
        if (std::ranges::find(setting.choices, value.text) == setting.choices.end())
          error(Errc::bad_setting, value.span,
                what + " knows no '" + value.text + "', only " + list_of(setting.choices));
        return;
      case SettingKind::file:
        if (const auto path = find_asset(scope_.graph.folder, value.text); !path)
          error(path.error().code, value.span, path.error().message);
        return;
      case SettingKind::flag:
      case SettingKind::text:
        return;
    }
  }

  void range(const Setting& setting, const SettingValue& value, double number) const {
    const std::string what = "the setting '" + std::string(setting.name) + "'";
    if (!std::isfinite(number)) return error(Errc::not_finite, value.span, what + " must be finite");
    if (number >= setting.minimum && number <= setting.maximum) return;
    std::string allowed = "at least " + print_decimal(setting.minimum);
    if (setting.maximum < 1e300) {
      allowed = setting.minimum > -1e300
                    ? "from " + print_decimal(setting.minimum) + " to " + print_decimal(setting.maximum)
                    : "at most " + print_decimal(setting.maximum);
    }
    error(Errc::out_of_range, value.span, what + " must be " + allowed + ", not " + print_decimal(number));
  }

  const Scope& scope_;
  const Node& node_;
  const NodeDef& def_;
  bool reading_;
};

}  // namespace

void check_settings(const Scope& scope, const Node& node, const NodeDef& def, bool reading) {
  SettingChecker(scope, node, def, reading).check();
}

std::string missing_setting(const NodeDef& def, const Setting& setting) {
  return "'" + std::string(def.type) + "' needs the setting '" + std::string(setting.name) + "'";
}

}  // namespace sinter
