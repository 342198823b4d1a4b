// docs/errors.md is the table of codes, as text.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "sinter/base/error.hpp"

using namespace sinter;

TEST_CASE("docs/errors.md is what the table of error codes says (SINTER_BLESS=1 rewrites it)") {
  const std::string path = std::string(SINTER_SOURCE_DIR) + "/docs/errors.md";
  if (std::getenv("SINTER_BLESS")) std::ofstream(path) << errors_markdown();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str() == errors_markdown());
}

TEST_CASE("every code has a name of its own, a meaning and a mend") {
  std::set<std::string_view> names;
  for (uint16_t i = 0; i < error_count(); ++i) {
    const Errc code = static_cast<Errc>(i);
    CHECK(names.insert(error_name(code)).second);
    CHECK_FALSE(error_text(code).empty());
    CHECK_FALSE(error_mend(code).empty());
    Errc again = Errc::internal;
    CHECK(parse_error_name(error_name(code), again));
    CHECK(again == code);
  }
  Errc none = Errc::internal;
  CHECK_FALSE(parse_error_name("no_such_code", none));
}
