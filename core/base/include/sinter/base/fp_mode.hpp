// The one floating-point mode in which everything computes: denormals are zero, round to nearest, exceptions masked.
#pragma once

#include <cstdint>

namespace sinter {

/// Sets flush-to-zero and denormals-are-zero for its lifetime and restores what was there. Any thread, no system call.
/// The compiler may move float operations across a mode change it can see; call the work through with_audio_fp().
class AudioFpMode {
 public:
  AudioFpMode() noexcept;
  ~AudioFpMode() noexcept;
  AudioFpMode(const AudioFpMode&) = delete;
  AudioFpMode& operator=(const AudioFpMode&) = delete;

 private:
  uint64_t saved_;
};

/// Calls work(context) inside the mode; opaque to the optimiser, so that no float operation moves out of it.
void with_audio_fp(void (*work)(void*), void* context);

/// The same for a callable: with_audio_fp([&] { … }).
template <class F>
void with_audio_fp(F&& work) {
  with_audio_fp([](void* context) { (*static_cast<F*>(context))(); }, &work);
}

}  // namespace sinter
