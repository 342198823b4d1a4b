// Words and JSON lines of `sinter play`.
#include "play_report.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "sinter/host/json.hpp"

namespace sinter::host {
namespace {

bool can_draw() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && terminal && std::string_view(terminal) != "dumb";
}

std::string_view name(GuardState guard) {
  return guard == GuardState::off ? "off" : guard == GuardState::on ? "on" : "muted";
}

std::string percent(double load) { return formatted("%.1f", load * 100); }

void print(const Json& json) {
  std::fputs((json.line() + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void write_load(Json& json, std::string_view key, const LoadFigures& load) {
  json.key(key).object().field("callbacks", load.callbacks);
  json.field("p50", load.p50).field("p99", load.p99).field("max", load.max).end();
}

void write_figures(Json& json, const PlayFigures& figures) {
  json.field("seconds", figures.seconds).field("backend", figures.backend).key("peak_db").array();
  for (float peak : figures.peaks) json.value(20 * std::log10(static_cast<double>(peak)));
  json.end();
  write_load(json, "load", figures.recent);
  write_load(json, "load_overall", figures.overall);
  json.field("xruns", figures.xruns).field("not_finite", figures.not_finite).field("scrubbed", figures.scrubbed);
  json.field("swaps", figures.swaps).field("errors", figures.errors).field("reopened", figures.reopened);
  json.field("guard", name(figures.guard)).field("lost_frames", figures.lost_frames);
}

std::string device_text(const StreamInfo& stream) {
  const std::string in = stream.input.empty() || stream.input == stream.output ? "" : "'" + stream.input + "' to ";
  return in + "'" + stream.output + "' (" + stream.api + ")";
}

void write_stream(Json& json, const StreamInfo& stream) {
  json.field("output", stream.output).field("input", stream.input).field("api", stream.api);
  json.field("outputs", stream.outputs).field("inputs", stream.inputs).field("sample_rate", stream.rate);
  json.field("output_latency", stream.output_latency).field("input_latency", stream.input_latency);
}

}  // namespace

PlayReport::PlayReport(bool json) : json_(json), colour_(wants_colour(stdout)), area_(!json && can_draw()) {}

void PlayReport::say(const std::string& text, Tone tone) {
  area_.hide();
  std::printf("%s\n", toned(text, tone, colour_).c_str());
  std::fflush(stdout);
}

void PlayReport::draw(const PlayView& view) {
  if (area_.shown()) area_.draw(status_lines(view, StatusArea::width() - 1, colour_));
}

void PlayReport::started(const PlayRequest& request, const StreamInfo& stream, uint32_t latency_frames,
                         double sample_rate) {
  if (json_) {
    Json json;
    json.object().field("type", "started").field("patch", request.patch);
    write_stream(json, stream);
    return print(json.field("latency_frames", latency_frames).end());
  }
  const double latency = stream.input_latency + stream.output_latency + latency_frames / sample_rate;
  say("playing " + request.patch + " on " + device_text(stream) + " at " +
          count_text(static_cast<uint64_t>(std::lround(sample_rate))) + " Hz, latency " + time_text(latency) +
          (request.watch ? ", watching the file" : "") + "; Ctrl-C ends",
      Tone::plain);
}

void PlayReport::note(const std::string& text) {
  if (json_) {
    Json json;
    return print(json.object().field("type", "note").field("text", text).end());
  }
  say("note: " + text, Tone::yellow);
}

void PlayReport::failed(const std::vector<Error>& errors) {
  area_.hide();
  std::fflush(stdout);
  print_errors(errors);
  if (!json_) return;
  Json json;
  json.object().field("type", "errors");
  write_errors(json, "errors", errors);
  print(json.end());
}

void PlayReport::event(const SessionEvent& event) {
  using enum SessionEvent::Kind;
  if (event.kind == error || event.kind == warning) return failed({event.error});
  if (json_) {
    Json json;
    json.object().field("type", "event").field("event", name(event.kind)).field("text", event.text);
    return print(json.field("count", event.count).end());
  }
  if (event.kind == muted) return say("guard: " + event.text, Tone::red);
  if (event.kind == unmuted) return say("guard: " + event.text, Tone::green);
  const std::string times = event.kind == scrubbed && event.count > 1 ? " (" + count_text(event.count) + " times)" : "";
  say("note: " + event.text + times, Tone::yellow);
}

void PlayReport::swapped(const SessionEvent& compiled, const SessionEvent& sounding, std::optional<double> wait) {
  if (json_) {
    Json json;
    json.object().field("type", "swapped").field("revision", sounding.revision).field("backend", sounding.backend);
    json.field("compile_seconds", compiled.compile_seconds).field("code_bytes", compiled.code_bytes);
    json.field("set_to_sound_seconds", sounding.seconds);
    if (wait) json.field("change_to_sound_seconds", *wait);
    return print(json.end());
  }
  const std::string heard = wait ? ", heard " + time_text(*wait) + " after the change" : "";
  say("compiled in " + time_text(compiled.compile_seconds) + ", swapped  " +
          toned(sounding.backend, Tone::cyan, colour_) + toned(heard, Tone::dim, colour_),
      Tone::plain);
}

void PlayReport::lost(const std::string& why, double retry_seconds) {
  if (json_) {
    Json json;
    json.object().field("type", "device_lost").field("code", error_name(Errc::no_device)).field("text", why);
    return print(json.field("retry_seconds", retry_seconds).end());
  }
  failed({{.code = Errc::no_device, .message = why + "; trying again until it is back"}});
}

void PlayReport::reopened(const StreamInfo& stream) {
  if (json_) {
    Json json;
    json.object().field("type", "device_reopened");
    write_stream(json, stream);
    return print(json.end());
  }
  say("playing on " + device_text(stream) + " again", Tone::green);
}

void PlayReport::parameter(const std::string& id, const std::string& text) {
  if (!json_) return;  // the status line shows it
  Json json;
  print(json.object().field("type", "parameter").field("id", id).field("value", text).end());
}

void PlayReport::second(const PlayFigures& figures) {
  if (!json_) return;
  Json json;
  json.object().field("type", "status");
  write_figures(json, figures);
  print(json.end());
}

void PlayReport::summary(const PlayFigures& figures, const std::optional<Recorder::Recorded>& recorded) {
  area_.hide();
  if (json_) {
    Json json;
    json.object().field("type", "summary");
    write_figures(json, figures);
    if (recorded) {
      json.key("recorded").object().field("path", recorded->path).field("frames", recorded->measured.frames);
      json.field("peak", recorded->measured.peak).field("clipped", recorded->measured.clipped).end();
    }
    return print(json.end());
  }
  const LoadFigures& load = figures.overall;
  say("played " + formatted("%.1f", figures.seconds) + " s, " + count_text(figures.swaps) +
          (figures.swaps == 1 ? " edit" : " edits") + " swapped, " + count_text(figures.errors) + " refused; " +
          count_text(figures.xruns) + (figures.xruns == 1 ? " xrun" : " xruns") + "; cpu p50 " + percent(load.p50) +
          " %, p99 " + percent(load.p99) + " %, max " + percent(load.max) + " %",
      Tone::plain);
  if (figures.not_finite)
    say("note: " + count_text(figures.not_finite) + " samples were not finite: played as 0", Tone::yellow);
  if (!recorded) return;
  say("recorded " + recorded->path + ": " + count_text(recorded->measured.frames) + " frames, peak " +
          decibel_text(recorded->measured.peak),
      Tone::plain);
  if (recorded->lost_frames)
    say("note: " + count_text(recorded->lost_frames) + " frames are missing: the disk was too slow", Tone::yellow);
  if (recorded->measured.clipped)
    say("note: " + count_text(recorded->measured.clipped) + " samples beyond full scale were clipped", Tone::yellow);
}

}  // namespace sinter::host
