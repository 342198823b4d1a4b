// docs/ir.md is made from the op table, so that it cannot say something else.
#pragma once

#include <string>

namespace sinter {

/// The whole of docs/ir.md: how the text form reads, what the signatures mean, and a row per op. Any thread.
std::string ops_markdown();

}  // namespace sinter
