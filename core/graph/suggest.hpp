// "Did you mean": the nearest of the names that exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinter {

/// The candidate with the smallest edit distance (case and swapped letters count half), if it is near enough; else "".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// "; did you mean 'x'?", or "" where nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

/// "a, b or c"
std::string list_of(const std::vector<std::string_view>& words);

}  // namespace sinter
