// Byte offsets to lines and columns.
#include <algorithm>

#include "sinter/graph/graph.hpp"

namespace sinter {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

Place SourceMap::place(const Span& span) const {
  if (span.file == 0 || span.file > files.size()) return {};
  const File& file = files[span.file - 1];
  const std::string_view text = file.text;
  const size_t at = std::min<size_t>(span.begin, text.size());
  const size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  size_t line_begin = before == std::string_view::npos ? 0 : before + 1;
  if (line_begin == 0 && text.starts_with(kByteOrderMark)) line_begin = kByteOrderMark.size();
  size_t line_end = std::min(text.find('\n', at), text.size());
  if (line_end > line_begin && text[line_end - 1] == '\r') --line_end;

  Place place;
  place.file = file.path;
  place.line = static_cast<uint32_t>(1 + std::ranges::count(text.substr(0, at), '\n'));
  place.column = 1;
  for (size_t i = line_begin; i < at; ++i) place.column += (static_cast<unsigned char>(text[i]) & 0xc0u) != 0x80u;
  if (line_end > line_begin && line_end - line_begin <= kMaxShownLine)
    place.source = text.substr(line_begin, line_end - line_begin);
  return place;
}

}  // namespace sinter
