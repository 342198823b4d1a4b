// From a patch to its header: compiled like any other, then written down.
#include "sinter/export/export.hpp"

#include "class_text.hpp"

namespace sinter {
namespace {

using namespace exporting;

// What no header can hold.
std::vector<Error> refuse(const Ir& ir, const std::string& name_space) {
  std::vector<Error> errors;
  if (!is_namespace(name_space))
    errors.push_back(
        {.code = Errc::usage,
         .message = "'" + name_space + "' is no namespace of C++: give --namespace a name such as my_patch"});
  for (const CallDecl& call : ir.calls) {
    const std::string node = call.key.substr(0, call.key.rfind('/'));
    errors.push_back({.code = Errc::not_supported,
                      .where = node,
                      .message = "'" + node + "' is an External node (" + std::string(call.type->name()) +
                                 "), which is opaque code that a header cannot hold: leave it out and run it beside "
                                 "the exported patch"});
  }
  return errors;
}

ExportTexts texts_of(const Graph& graph) {
  ExportTexts texts{graph.name, graph.meta.author, graph.meta.license, graph.meta.description, {}};
  for (const GraphParam& param : graph.params)
    texts.params.push_back({param.id, std::string(name(param.unit)), param.choices});
  return texts;
}

// "Warm Echo" is warm_echo.
std::string default_namespace(const std::string& name) {
  std::string text = name;
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return identifier(text);
}

Result<std::string> export_ir(const Ir& ir, const ExportTexts& texts, const std::string& name_space) {
  if (std::vector<Error> errors = refuse(ir, name_space); !errors.empty()) return errors;
  const Model model(ir);
  return ClassText(model, texts, name_space).write();
}

}  // namespace

Result<std::string> export_cpp(const Ir& ir, const ExportTexts& texts, const std::string& name_space) {
  return or_out_of_memory(
      [&] { return export_ir(ir, texts, name_space.empty() ? default_namespace(texts.name) : name_space); });
}

Result<std::string> export_cpp(const Graph& graph, const ExportOptions& options, std::vector<Error>* warnings) {
  return or_out_of_memory([&]() -> Result<std::string> {
    Result<Compiled> compiled =
        compile(graph, {.sample_rate = options.sample_rate, .strict = true, .library = options.library});
    if (!compiled) return compiled.errors();
    if (warnings) *warnings = std::move(compiled->warnings);
    return export_cpp(compiled->ir, texts_of(graph), options.name_space);
  });
}

}  // namespace sinter
