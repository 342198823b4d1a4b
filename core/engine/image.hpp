// Private to the engine: between what an instance remembers and a StateImage. Control thread, while it does not play.
#pragma once

#include "instance.hpp"
#include "sinter/engine/state_image.hpp"

namespace sinter {

/// Of an instance whose states are in canonical form: one that has taken a snapshot. Throws std::bad_alloc.
StateImage gather(const Instance& instance);
/// Puts in what the instance's program has by the same key and kind; the rest stays as it is. Its frame is the image's.
/// Into an instance that has not begun.
void put(const StateImage& image, Instance& instance);

}  // namespace sinter
