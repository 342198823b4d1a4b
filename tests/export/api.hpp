// What the tests call of an exported patch: included by the tests, and by the file that is compiled around the headers.
#pragma once

#include <type_traits>
#include <utility>

struct PatchApi {
  void* (*make)();
  void (*free)(void*);
  bool (*prepare)(void*, double rate);
  void (*reset)(void*);
  void (*process)(void*, const float* const* in, float* const* out, int frames);
  void (*set_parameter)(void*, int index, double value);
  double (*parameter)(void*, int index);
  void (*set_transport)(void*, double bpm, double beat, double beats_per_bar, bool playing);
  void (*set_controller)(void*, int index, double value);
  float (*meter_peak)(void*, int index);
  float (*meter_rms)(void*, int index);
  void (*note_on)(void*, int poly, int voice, double note, double freq_hz, double velocity);
  void (*note_off)(void*, int poly, int voice, double release_velocity);
  void (*set_voice)(void*, int poly, int voice, int input, double value);
  bool (*exact)();
  int inputs, outputs, parameters;
};

// Functions that a patch has no use for are not in its header.
#define SINTER_TEST_HAS(function)                                               \
  template <class P, class... A>                                                \
  auto call_##function(P& patch, int, A... a)->decltype(patch.function(a...)) { \
    return patch.function(a...);                                                \
  }                                                                             \
  template <class P, class... A>                                                \
  double call_##function(P&, long, A...) {                                      \
    return 0;                                                                   \
  }
SINTER_TEST_HAS(set_parameter)
SINTER_TEST_HAS(parameter)
SINTER_TEST_HAS(set_transport)
SINTER_TEST_HAS(set_controller)
SINTER_TEST_HAS(meter_peak)
SINTER_TEST_HAS(meter_rms)
SINTER_TEST_HAS(note_on)
SINTER_TEST_HAS(note_off)
#undef SINTER_TEST_HAS
template <class P, class Number>
void set_voice_by(P& patch, int poly, int voice, Number input, double value, typename P::VoiceInput* = nullptr) {
  patch.set_voice(poly, voice, static_cast<typename P::VoiceInput>(input), value);
}
template <class P>
void set_voice_by(P&, int, int, long, double) {}

template <class P>
PatchApi patch_api() {
  PatchApi api{};
  api.make = []() -> void* { return new P; };
  api.free = [](void* p) { delete static_cast<P*>(p); };
  api.prepare = [](void* p, double rate) { return static_cast<P*>(p)->prepare(rate); };
  api.reset = [](void* p) { static_cast<P*>(p)->reset(); };
  api.process = [](void* p, const float* const* in, float* const* out, int frames) {
    static_assert(noexcept(std::declval<P&>().process(in, out, frames)), "process may not throw");
    static_cast<P*>(p)->process(in, out, frames);
  };
  api.set_parameter = [](void* p, int i, double v) { call_set_parameter(*static_cast<P*>(p), 0, i, v); };
  api.parameter = [](void* p, int i) -> double { return call_parameter(*static_cast<P*>(p), 0, i); };
  api.set_transport = [](void* p, double bpm, double beat, double bar, bool playing) {
    call_set_transport(*static_cast<P*>(p), 0, bpm, beat, bar, playing);
  };
  api.set_controller = [](void* p, int i, double v) { call_set_controller(*static_cast<P*>(p), 0, i, v); };
  api.meter_peak = [](void* p, int i) { return static_cast<float>(call_meter_peak(*static_cast<P*>(p), 0, i)); };
  api.meter_rms = [](void* p, int i) { return static_cast<float>(call_meter_rms(*static_cast<P*>(p), 0, i)); };
  api.note_on = [](void* p, int poly, int voice, double note, double freq_hz, double velocity) {
    call_note_on(*static_cast<P*>(p), 0, poly, voice, note, freq_hz, velocity);
  };
  api.note_off = [](void* p, int poly, int voice, double velocity) {
    call_note_off(*static_cast<P*>(p), 0, poly, voice, velocity);
  };
  api.set_voice = [](void* p, int poly, int voice, int input, double value) {
    set_voice_by(*static_cast<P*>(p), poly, voice, input, value);
  };
  api.exact = [] { return P::exact(); };
  api.inputs = P::inputs;
  api.outputs = P::outputs;
  api.parameters = P::parameters;
  return api;
}
