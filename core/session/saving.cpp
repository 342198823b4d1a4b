// Saving and restoring a session: parameters by id, and what the engine remembers.
#include <algorithm>
#include <cmath>

#include "impl.hpp"

namespace sinter {
namespace {

constexpr std::chrono::seconds kCapturePatience{2};

}  // namespace

// Also of parameters that the patch has not at the moment.
uint32_t Session::Impl::handle_of(const std::string& id) const {
  const uint32_t handle = engine.parameter_handle(id);
  if (handle != Engine::kNoParameter) return handle;
  for (uint32_t k = 0; k < known_.size(); ++k)
    if (known_[k].id == id) return k;
  return Engine::kNoParameter;
}

void Session::Impl::collect_parameters(SavedState& state) const {
  for (uint32_t handle = 0; handle < known_.size(); ++handle)
    if (!known_[handle].id.empty())  // of a patch that there was no memory to take
      state.parameters.emplace_back(known_[handle].id, engine.parameter(handle));
  state.parameters.insert(state.parameters.end(), remembered_.begin(), remembered_.end());
}

// With the lock, which is let go of while the audio thread gathers. Nothing where it did not in time.
std::optional<StateImage> Session::Impl::capture(std::unique_lock<std::mutex>& lock) {
  StateImage image;
  engine.take_capture(image);  // one that an earlier call did not wait for is of an earlier time
  engine.request_capture();
  const auto until = Clock::now() + kCapturePatience;
  for (;;) {
    if (suspended) engine.process({}, {}, 0);
    if (engine.take_capture(image)) return image;
    if (Clock::now() >= until) return {};
    if (!suspended) changed.wait_for(lock, kLook);
  }
}

Result<std::vector<uint8_t>> Session::Impl::save(Save what) {
  const std::lock_guard alone(saving_);
  SavedState state;
  {
    std::unique_lock lock(mutex);
    look_at_engine();
    if (what == Save::everything && image_) {
      state.image = image_;  // loaded, and not begun with yet
    } else if (what == Save::everything && graph) {
      state.image = capture(lock);
      if (!state.image)
        return Error{.code = Errc::bad_state,
                     .message =
                         "what the patch remembers could not be gathered, because no audio runs; suspend() the "
                         "session first"};
    }
    collect_parameters(state);
  }
  return write_state(state);
}

void Session::Impl::warn_of_other_rate() noexcept try {
  log.add({.revision = revision_,
           .kind = SessionEvent::Kind::warning,
           .error = {.code = Errc::rate_mismatch,
                     .message = "the state was saved at another sample rate: parameters are taken from it, filters "
                                "and delay lines begin anew",
                     .warning = true}});
} catch (const std::bad_alloc&) {
  log.out_of_memory(revision_);
}

Result<bool> Session::Impl::load(SavedState state) {
  const std::lock_guard lock(mutex);
  if (state.image && rate && state.image->sample_rate != rate) {
    state.image.reset();
    warn_of_other_rate();
  }
  // Everything that may fail comes first, so that nothing has changed where it does.
  std::map<std::string, double> strangers = remembered_;
  std::vector<std::pair<uint32_t, double>> before;
  std::vector<std::pair<uint32_t, double>> after;
  for (const auto& [id, value] : state.parameters) {
    const uint32_t handle = handle_of(id);
    if (handle == Engine::kNoParameter) {
      strangers[id] = value;
      continue;
    }
    before.emplace_back(handle, engine.parameter(handle));
    after.emplace_back(handle, nearest_value(known_[handle], value));
  }
  for (const auto& [handle, value] : after) engine.set_parameter(handle, value);
  if (state.image && program_) {
    const auto undo = [&] {
      for (const auto& [handle, value] : before) engine.set_parameter(handle, value);
    };
    try {
      look_at_engine();
      const double fade = engine.frame() ? options.fade_seconds : 0;
      const Result<uint64_t> swap = engine.swap(program_, {.fade_seconds = fade, .restore = &*state.image});
      if (!swap) {
        undo();
        return swap.errors();
      }
      const bool sounded = !pending_;
      expect(*swap, revision_, backend, Clock::now());
      if (sounded) pending_->told = true;
      image_ = std::move(state.image);  // until it is heard: another swap may replace this one
      image_swap_ = *swap;
    } catch (const std::bad_alloc&) {
      undo();
      throw;
    }
  } else if (state.image) {
    image_ = std::move(state.image);
    image_swap_ = 0;
  }
  remembered_.swap(strangers);
  log.add({.revision = revision_, .kind = SessionEvent::Kind::state_loaded});
  look_at_engine();
  return true;
}

}  // namespace sinter
