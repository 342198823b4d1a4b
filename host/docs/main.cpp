// Writes what docs/ has from the node table: nodes.md and a picture per node. `make docs` runs it.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "node_pictures.hpp"

int main(int count, char** arguments) {
  using namespace sinter;
  const std::string docs = count > 1 ? arguments[1] : SINTER_DOCS_DIR;
  const Result<bool> written = host::write_node_pictures(SINTER_EXAMPLES_DIR, docs + "/nodes");
  if (!written) {
    for (const Error& error : written.errors()) std::fprintf(stderr, "%s\n", format(error).c_str());
    return 1;
  }
  std::ofstream file(docs + "/nodes.md", std::ios::binary);
  if (file << nodes_markdown(standard_nodes())) return 0;
  std::fprintf(stderr, "cannot write '%s/nodes.md'; choose another folder\n", docs.c_str());
  return 1;
}
