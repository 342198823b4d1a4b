// A patch file and everything it imports, from text to a Graph that has been checked.
#include <algorithm>
#include <map>
#include <set>

#include "check.hpp"
#include "files.hpp"
#include "read_body.hpp"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPatchKeys[] = {"sinter", "name",    "meta",   "inputs", "params",
                                           "nodes",  "outputs", "define", "import", "note"};
constexpr std::string_view kMetaKeys[] = {"author", "description", "category", "license", "tags", "note"};
constexpr std::string_view kDefinitionKeys[] = {"inputs", "params", "nodes", "outputs", "note"};

class PatchReader {
 public:
  PatchReader(const NodeLibrary& library, std::string folder, std::string shown_folder)
      : library_(library), shown_folder_(std::move(shown_folder)) {
    graph_.folder = std::move(folder);
  }

  /// `path` is canonical, or empty for text that is in no file.
  Result<Graph> read(std::string text, std::string shown_name, const fs::path& path, std::vector<Error>* warnings) {
    const uint32_t file = add_file(std::move(shown_name), std::move(text));
    if (const auto document = parse_json(file, report_)) patch(*document, path);
    if (complete_) check_graph(graph_, library_, report_, true);
    if (!report_.ok()) return report_.errors();
    if (warnings) *warnings = report_.warnings();
    graph_.sources = sources_;
    return std::move(graph_);
  }

 private:
  uint32_t add_file(std::string shown_name, std::string text) {
    sources_->files.push_back({std::move(shown_name), std::move(text)});
    return static_cast<uint32_t>(sources_->files.size());
  }

  void patch(const JsonDocument& document, const fs::path& path) {
    const JsonValue top(document, 0);
    const ReadContext here{report_, ""};
    if (!version(here, top)) return;
    complete_ = true;
    const Fields fields(here, top, "a patch", kPatchKeys, graph_.extra);
    fields.text("name", graph_.name);
    fields.text("note", graph_.note);
    if (const auto value = fields.find("meta")) meta(here, *value);
    BodyReader body(report_, library_, "", nodes_written_);
    body.read(fields, opening(top), graph_, graph_.extra);
    if (const auto value = fields.find("define")) define(here, *value, {}, false);
    if (const auto value = fields.find("import")) {
      if (!path.empty()) open_.push_back(path);
      import_all(here, *value, path.empty() ? fs::path(graph_.folder) : path.parent_path(), &graph_.imports);
    }
    sort_extra(graph_.extra);
  }

  static Span opening(const JsonValue& value) {
    return {value.span().file, value.span().begin, value.span().begin + 1};
  }

  bool version(const ReadContext& here, const JsonValue& top) {
    if (!here.want(JsonKind::object, top, "a patch")) return false;
    for (const JsonMember& member : top.members()) {
      if (member.key != "sinter") continue;
      const auto number = here.number(member.value, "'sinter'");
      if (number && *number != 1)
        here.fail(Errc::version, member.value.span(),
                  "this program reads version 1 of the format; write \"sinter\": 1");
      return number && *number == 1;
    }
    here.fail(Errc::missing_key, opening(top), "this is no patch: it has no \"sinter\": 1");
    return false;
  }

  void meta(const ReadContext& here, const JsonValue& value) {
    GraphMeta& meta = graph_.meta;
    const Fields fields(here, value, "'meta'", kMetaKeys, meta.extra);
    fields.text("author", meta.author);
    fields.text("description", meta.description);
    fields.text("category", meta.category);
    fields.text("license", meta.license);
    if (const auto note = fields.find("note"))
      if (here.text(*note, "'note'")) meta.extra.emplace_back("note", note->compact());
    const auto tags = fields.find("tags");
    if (tags && here.want(JsonKind::array, *tags, "'tags'"))
      for (const JsonValue& tag : tags->items())
        if (auto text = here.text(tag, "each tag")) meta.tags.push_back(std::move(*text));
    sort_extra(meta.extra);
  }

  /// `base` is the folder of an imported file relative to the patch's: files that its nodes name start there.
  void define(const ReadContext& here, const JsonValue& value, const fs::path& base, bool imported) {
    Extra ignored;
    for (const JsonMember& member :
         named_members(here, value, "'define'", imported ? ignored : graph_.extra, "define/")) {
      Definition definition;
      definition.name = member.key;
      definition.imported = imported;
      definition.span = member.at.span();
      const ReadContext inside{report_, member.key};
      const Fields fields(inside, member.value, "a definition", kDefinitionKeys, definition.extra);
      fields.text("note", definition.note);
      BodyReader body(report_, library_, member.key + "/", nodes_written_);
      if (member.value.kind() == JsonKind::object)
        body.read(fields, member.at.span(), definition.body, definition.extra);
      sort_extra(definition.extra);
      if (!base.empty()) rebase_files(definition.body, base);
      graph_.definitions.push_back(std::move(definition));
    }
  }

  static void rebase_files(GraphBody& body, const fs::path& base) {
    for (Node& node : body.nodes)
      for (auto& [name, value] : node.settings)
        if (value.kind == SettingKind::file && !value.text.empty())
          value.text = (base / value.text).lexically_normal().string();
  }

  void import_all(const ReadContext& here, const JsonValue& value, const fs::path& base,
                  std::vector<std::string>* written) {
    if (!here.want(JsonKind::array, value, "'import'")) return;
    for (const JsonValue& item : value.items()) {
      const auto name = here.text(item, "each import");
      if (!name) continue;
      if (written) written->push_back(*name);
      const Result<fs::path> path = find_inside(graph_.folder, base, *name);
      if (!path)
        here.fail(path.error().code == Errc::outside_folder ? Errc::outside_folder : Errc::import_failed, item.span(),
                  path.error().message);
      else import_file(here, item, *name, *path);
    }
  }

  void import_file(const ReadContext& here, const JsonValue& item, const std::string& name, const fs::path& path) {
    if (std::ranges::find(open_, path) != open_.end()) return import_circle(here, item, path);
    if (!imported_.insert(path).second) return;  // two files may import the same third
    if (open_.size() > kMaxNesting)
      return here.fail(Errc::limit_nesting, item.span(),
                       "files import each other deeper than " + std::to_string(kMaxNesting));
    Result<std::string> text = read_text_file(path);
    if (!text) {
      const bool too_large = text.error().code == Errc::limit_file;
      return here.fail(too_large ? Errc::limit_file : Errc::import_failed, item.span(),
                       "cannot import '" + name + "': " + text.error().message);
    }
    const fs::path relative = path.lexically_relative(graph_.folder);
    const uint32_t file = add_file((fs::path(shown_folder_) / relative).string(), std::move(*text));
    const auto document = parse_json(file, report_);
    if (!document) {
      complete_ = false;  // its definitions are not known: every use would be reported
      return;
    }
    open_.push_back(path);
    library_file(*document, item, name, relative.parent_path());
    open_.pop_back();
  }

  void library_file(const JsonDocument& document, const JsonValue& item, const std::string& name,
                    const fs::path& base) {
    const JsonValue top(document, 0);
    const ReadContext here{report_, ""};
    if (!version(here, top)) return;
    Extra ignored;
    const Fields fields(here, top, "a patch", kPatchKeys, ignored);
    if (const auto value = fields.find("define")) define(here, *value, base, true);
    if (const auto value = fields.find("import")) import_all(here, *value, open_.back().parent_path(), nullptr);
    if (!fields.has("define") && !fields.has("import"))
      here.fail(Errc::import_failed, item.span(), "'" + name + "' has no definitions to import");
  }

  void import_circle(const ReadContext& here, const JsonValue& item, const fs::path& path) {
    std::string circle;
    for (auto at = std::ranges::find(open_, path); at != open_.end(); ++at)
      circle += at->lexically_relative(graph_.folder).string() + " → ";
    here.fail(Errc::import_cycle, item.span(),
              "files import each other in a circle: " + circle + path.lexically_relative(graph_.folder).string());
  }

  const NodeLibrary& library_;
  std::string shown_folder_;  ///< in front of the names of imported files in errors
  std::shared_ptr<SourceMap> sources_ = std::make_shared<SourceMap>();
  Report report_{sources_.get()};
  Graph graph_;
  uint32_t nodes_written_ = 0;
  bool complete_ = false;       ///< enough was read to look at what it means
  std::vector<fs::path> open_;  ///< files being read, each imported by the one before
  std::set<fs::path> imported_;
};

Result<Graph> read_text(std::string_view text, const std::string& file_name, const std::string& folder,
                        const NodeLibrary& library, std::vector<Error>* warnings) {
  if (text.size() > kMaxFileBytes)
    return Error{Errc::limit_file, file_name,
                 "the patch has " + std::to_string(text.size()) + " bytes, more than " + std::to_string(kMaxFileBytes) +
                     "; split it with import"};
  std::error_code failed;
  const std::string canonical = folder.empty() ? "" : fs::canonical(folder, failed).string();
  if (failed) return Error{Errc::cannot_read, folder, "the folder of the patch cannot be read: " + failed.message()};
  PatchReader reader(library, canonical, fs::path(file_name).parent_path().string());
  return reader.read(std::string(text), file_name, {}, warnings);
}

Result<Graph> read_file(const std::string& path, const NodeLibrary& library, std::vector<Error>* warnings) {
  Result<std::string> text = read_text_file(path);
  if (!text) {
    Error error = text.error();
    error.place.file = path;
    return error;
  }
  const fs::path given(path);
  std::error_code failed;
  const fs::path folder = fs::canonical(given.has_parent_path() ? given.parent_path() : fs::path("."), failed);
  if (failed) return Error{Errc::cannot_read, path, "the folder of the patch cannot be read: " + failed.message()};
  PatchReader reader(library, folder.string(), given.parent_path().string());
  return reader.read(std::move(*text), path, folder / given.filename(), warnings);
}

}  // namespace

Result<Graph> read_patch(std::string_view text, const std::string& file_name, const std::string& folder,
                         const NodeLibrary& library, std::vector<Error>* warnings) {
  return or_out_of_memory([&] { return read_text(text, file_name, folder, library, warnings); });
}

Result<Graph> read_patch_file(const std::string& path, const NodeLibrary& library, std::vector<Error>* warnings) {
  return or_out_of_memory([&] { return read_file(path, library, warnings); });
}

}  // namespace sinter
