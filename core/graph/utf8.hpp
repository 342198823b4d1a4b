// UTF-8 as RFC 3629 defines it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sinter {

/// Offset of the first byte that is not part of a valid character (overlong forms and surrogates are not), or npos.
size_t invalid_utf8(std::string_view text);

/// Appends one character.
void put_utf8(std::string& text, uint32_t code);

}  // namespace sinter
