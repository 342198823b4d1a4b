// Reports as text and as JSON.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdio>
#include <initializer_list>

#include "sinter/bench/bench.hpp"

namespace sinter {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.3f" : value < 1000 ? "%.1f" : "%.0f", value);
  return text;
}

std::string format_distributions(const std::vector<Distribution>& distributions) {
  std::string text, group;
  char line[320];
  for (const Distribution& d : distributions) {
    if (d.group != group) {
      group = d.group;
      std::snprintf(line, sizeof line, "\n%s\n  %-40s %6s %9s %9s %9s %9s %9s\n", group.c_str(), "", "count", "minimum",
                    "p50", "p90", "p99", "max");
      text += line;
    }
    std::snprintf(line, sizeof line, "  %-40s %6llu %9s %9s %9s %9s %9s  %s", d.name.c_str(),
                  static_cast<unsigned long long>(d.count), number(d.minimum).c_str(), number(d.p50).c_str(),
                  number(d.p90).c_str(), number(d.p99).c_str(), number(d.maximum).c_str(), d.unit.c_str());
    text += line;
    if (d.period > 0) {
      std::snprintf(line, sizeof line, "   p99 %.1f %%, max %.1f %% of a period", 100 * d.p99 / d.period,
                    100 * d.maximum / d.period);
      text += line;
    }
    text += '\n';
  }
  return text;
}

std::string format_predictions(const std::vector<Prediction>& predictions) {
  std::string text, group;
  char line[320];
  for (const Prediction& p : predictions) {
    if (p.group != group) {
      group = p.group;
      std::snprintf(line, sizeof line, "\n%-58s %12s %12s %12s %12s\n", (group + ", cycles per frame").c_str(),
                    "predicted", "median", "minimum", "med./pred.");
      text += line;
    }
    std::snprintf(line, sizeof line, "  %-56s %12s %12s %12s %12s\n", p.name.c_str(),
                  p.predicted > 0 ? number(p.predicted).c_str() : "-", number(p.median).c_str(),
                  number(p.minimum).c_str(), p.predicted > 0 ? number(p.median / p.predicted).c_str() : "-");
    text += line;
  }
  return text;
}

}  // namespace

std::string format_report(const BenchReport& report) {
  std::string text = "on " + report.processor + "\n";
  std::string group;
  char line[256];
  for (const Figure& figure : report.figures) {
    if (figure.group != group) {
      group = figure.group;
      std::snprintf(line, sizeof line, "\n%-42s %12s %12s\n", group.c_str(), "median", "minimum");
      text += line;
    }
    std::snprintf(line, sizeof line, "  %-40s %12s %12s  %s", figure.name.c_str(), number(figure.median).c_str(),
                  number(figure.minimum).c_str(), figure.unit.c_str());
    text += line;
    if (!figure.note.empty()) text += "   " + figure.note;
    text += '\n';
  }
  text += format_distributions(report.distributions);
  text += format_predictions(report.predictions);
  if (!report.notes.empty()) text += "\nnotes\n";
  for (const std::string& note : report.notes) text += "  " + note + "\n";
  if (!report.goals.empty()) text += "\ngoals\n";
  for (const Goal& goal : report.goals) {
    std::snprintf(line, sizeof line, "  %-6s %-66s %10s (%s %s)\n", goal.met() ? "met" : "missed", goal.text.c_str(),
                  number(goal.reached).c_str(), goal.at_most ? "≤" : "≥", number(goal.goal).c_str());
    text += line;
  }
  return text;
}

namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write(Writer& json, const std::string& value) {
  json.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

void write_texts(Writer& json, std::initializer_list<std::pair<const char*, const std::string*>> fields) {
  for (const auto& [key, value] : fields) {
    json.Key(key);
    write(json, *value);
  }
}

void write_numbers(Writer& json, std::initializer_list<std::pair<const char*, double>> fields) {
  for (const auto& [key, value] : fields) {
    json.Key(key);
    json.Double(value);
  }
}

void write(Writer& json, const Figure& f) {
  write_texts(json, {{"group", &f.group}, {"name", &f.name}, {"unit", &f.unit}});
  write_numbers(json, {{"median", f.median}, {"minimum", f.minimum}});
  if (!f.note.empty()) write_texts(json, {{"note", &f.note}});
}

void write(Writer& json, const Distribution& d) {
  write_texts(json, {{"group", &d.group}, {"name", &d.name}, {"unit", &d.unit}});
  json.Key("count");
  json.Uint64(d.count);
  write_numbers(json, {{"minimum", d.minimum}, {"p50", d.p50}, {"p90", d.p90}, {"p99", d.p99}, {"max", d.maximum}});
  if (d.period > 0) write_numbers(json, {{"period", d.period}});
}

void write(Writer& json, const Prediction& p) {
  write_texts(json, {{"group", &p.group}, {"name", &p.name}});
  write_numbers(json, {{"predicted", p.predicted}, {"median", p.median}, {"minimum", p.minimum}});
}

void write(Writer& json, const Goal& g) {
  const std::string relation = g.at_most ? "at most" : "at least";
  write_texts(json, {{"text", &g.text}});
  write_numbers(json, {{"reached", g.reached}});
  write_texts(json, {{"relation", &relation}});
  write_numbers(json, {{"goal", g.goal}});
  json.Key("met");
  json.Bool(g.met());
}

template <class Row>
void write_list(Writer& json, const char* key, const std::vector<Row>& rows) {
  json.Key(key);
  json.StartArray();
  for (const Row& row : rows) {
    json.StartObject();
    write(json, row);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string json_report(const BenchReport& report) {
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  json.StartObject();
  write_texts(json, {{"processor", &report.processor}});
  write_list(json, "figures", report.figures);
  write_list(json, "distributions", report.distributions);
  write_list(json, "predictions", report.predictions);
  write_list(json, "goals", report.goals);
  json.Key("notes");
  json.StartArray();
  for (const std::string& note : report.notes) write(json, note);
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sinter
