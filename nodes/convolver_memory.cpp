// What a convolution remembers, taken over by another one that has the same taps while the first plays on, or saved.
//
// Nearly all of it are the spectra of past input. They never change once they are there, so a follower copies each
// once: new ones as they come, old ones as it is given time, from the newest to the oldest, which fall out at that end
// anyway.
#include <algorithm>

#include "convolver.hpp"

namespace sinter::nodes {

void PartitionedTail::copy_spectrum(const PartitionedTail& from, uint64_t spectrum, uint64_t& bytes) noexcept {
  const uint32_t bins = transform_.bins();
  const size_t at = size_t{row(spectrum)} * bins;
  std::copy_n(&from.real_[at], bins, &real_[at]);
  std::copy_n(&from.imaginary_[at], bins, &imaginary_[at]);
  bytes -= std::min<uint64_t>(bytes, 2 * sizeof(float) * bins);
}

bool PartitionedTail::follow(const PartitionedTail& from, uint64_t& bytes, bool first) noexcept {
  const uint64_t parts = taps_.parts;
  if (parts == 0) return true;
  if (first || resets_seen_ != from.resets_) older_ = newest_copied_ = from.newest_;
  resets_seen_ = from.resets_;
  const uint64_t end = from.newest_ - parts;
  // What came since is no more work than it was for `from`; without it a slow follower would never be done.
  if (newest_copied_ < end) older_ = newest_copied_ = end;
  while (newest_copied_ < from.newest_) copy_spectrum(from, ++newest_copied_, bytes);
  while (older_ > end && bytes > 0) copy_spectrum(from, older_--, bytes);
  return older_ <= end;
}

void PartitionedTail::adopt(const PartitionedTail& from) noexcept {
  line_ = from.line_;
  newest_ = from.newest_;
  std::copy(from.input_.begin(), from.input_.end(), input_.begin());
  std::copy(from.sum_real_.begin(), from.sum_real_.end(), sum_real_.begin());
  std::copy(from.sum_imaginary_.begin(), from.sum_imaginary_.end(), sum_imaginary_.begin());
  std::copy(from.current_.begin(), from.current_.end(), current_.begin());
  std::copy(from.next_.begin(), from.next_.end(), next_.begin());
}

void PartitionedTail::save(ByteWriter& out) const {
  out.word(line_);
  out.word(taps_.parts == 0 ? 0 : row(newest_));
  for (const auto* memory : {&input_, &real_, &imaginary_, &sum_real_, &sum_imaginary_, &current_, &next_})
    out.samples(*memory);
}

bool PartitionedTail::restore(ByteReader& in) {
  const uint32_t line = in.word(), newest = in.word();
  if (in.failed() || line >= lines_ || newest >= std::max(1u, taps_.parts)) return false;
  for (auto* memory : {&input_, &real_, &imaginary_, &sum_real_, &sum_imaginary_, &current_, &next_})
    if (!in.samples(*memory)) return false;
  line_ = line;
  newest_ = taps_.parts + uint64_t{newest};
  ++resets_;
  return true;
}

bool Convolver::follow(const Convolver& from, uint64_t& bytes, bool first) noexcept {
  const bool short_done = short_tail_.follow(from.short_tail_, bytes, first);
  const bool long_done = long_tail_.follow(from.long_tail_, bytes, first);
  return short_done && long_done;
}

void Convolver::adopt(const Convolver& from) noexcept {
  at_ = from.at_;
  std::copy(from.recent_.begin(), from.recent_.end(), recent_.begin());
  short_tail_.adopt(from.short_tail_);
  long_tail_.adopt(from.long_tail_);
}

void Convolver::save(ByteWriter& out) const {
  out.word(at_);
  out.samples(recent_);
  short_tail_.save(out);
  long_tail_.save(out);
}

bool Convolver::restore(ByteReader& in) {
  const uint32_t at = in.word();
  if (in.failed() || at >= kConvolverLine || !in.samples(recent_)) return false;
  at_ = at;
  return short_tail_.restore(in) && long_tail_.restore(in);
}

}  // namespace sinter::nodes
