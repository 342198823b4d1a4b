// Optimal string alignment distance (Damerau 1964, with the restriction of Wagner and Fischer's table), in half steps:
// a swap counts half, and so does case.
#include "suggest.hpp"

#include <algorithm>
#include <cctype>

namespace sinter {
namespace {

constexpr size_t kLongestWord = 64;  // longer words are not typing errors

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

uint32_t distance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<uint32_t> table((a.size() + 1) * width);
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return table[i * width + j]; };
  for (size_t i = 0; i <= a.size(); ++i) at(i, 0) = static_cast<uint32_t>(2 * i);
  for (size_t j = 0; j <= b.size(); ++j) at(0, j) = static_cast<uint32_t>(2 * j);
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      const char x = a[i - 1], y = b[j - 1];
      const uint32_t change = x == y ? 0 : lower(x) == lower(y) ? 1 : 2;
      at(i, j) = std::min({at(i - 1, j) + 2, at(i, j - 1) + 2, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && x == b[j - 2] && y == a[i - 2]) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return at(a.size(), b.size());
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return {};
  uint32_t best = 2 * std::max<uint32_t>(1, static_cast<uint32_t>(word.size() + 1) / 3) + 1;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const uint32_t d = distance(word, candidate);
    if (d < best) {
      best = d;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view found = nearest(word, candidates);
  return found.empty() ? "" : "; did you mean '" + std::string(found) + "'?";
}

std::string list_of(const std::vector<std::string_view>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace sinter
