// The bridge to libprotobuf: its parser and its descriptors become messages and fields in C. Nothing of it is
// used once records flow.
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "serde/protobuf/schema.h"

namespace
{

namespace pb = google::protobuf;

constexpr int depth_max = 64;
constexpr int messages_max = 100000;

// Files that schemas import without bringing them.
const std::map<std::string, std::string> known_files = {
    {"google/type/date.proto", "syntax = \"proto3\"; package google.type; message Date { int32 year = 1; "
                               "int32 month = 2; int32 day = 3; }"},
    {"google/type/timeofday.proto",
     "syntax = \"proto3\"; package google.type; message TimeOfDay { int32 hours = 1; int32 minutes = 2; "
     "int32 seconds = 3; int32 nanos = 4; }"},
    {"confluent/type/decimal.proto",
     "syntax = \"proto3\"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; "
     "int32 scale = 3; }"},
    {"confluent/meta.proto", "syntax = \"proto3\"; package confluent; message Meta { string doc = 1; "
                             "map<string, string> params = 2; repeated string tags = 3; }"},
};

const std::map<std::string, tg_proto_known> known_messages = {
    {"google.protobuf.DoubleValue", TG_PROTO_WRAPPER},
    {"google.protobuf.FloatValue", TG_PROTO_WRAPPER},
    {"google.protobuf.Int64Value", TG_PROTO_WRAPPER},
    {"google.protobuf.UInt64Value", TG_PROTO_WRAPPER},
    {"google.protobuf.Int32Value", TG_PROTO_WRAPPER},
    {"google.protobuf.UInt32Value", TG_PROTO_WRAPPER},
    {"google.protobuf.BoolValue", TG_PROTO_WRAPPER},
    {"google.protobuf.StringValue", TG_PROTO_WRAPPER},
    {"google.protobuf.BytesValue", TG_PROTO_WRAPPER},
    {"google.protobuf.Timestamp", TG_PROTO_TIMESTAMP},
    {"google.type.Date", TG_PROTO_DATE},
    {"google.type.TimeOfDay", TG_PROTO_TIME},
    {"confluent.type.Decimal", TG_PROTO_DECIMAL},
};

// Precision and scale of decimal fields, by the field's full name.
using DecimalNotes = std::map<std::string, std::pair<uint16_t, uint16_t>>;

class FirstError : public pb::io::ErrorCollector, public pb::DescriptorPool::ErrorCollector
{
public:
    void AddError(int line, pb::io::ColumnNumber column, const std::string &message) override
    {
        note("line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " + message);
    }
    void AddError(const std::string &, const std::string &element, const pb::Message *, ErrorLocation,
                  const std::string &message) override
    {
        note(element + ": " + message);
    }
    std::string text;

private:
    void note(const std::string &message)
    {
        if (text.empty())
            text = message;
    }
};

// The number behind `key` in the text of an option: { value: "4", key: "precision" } in either order.
bool find_note(const std::string &text, const std::string &key, uint16_t *ret_value)
{
    size_t at = text.find("\"" + key + "\"");
    if (at == std::string::npos)
        return false;
    size_t open = text.rfind('{', at);
    size_t close = text.find('}', at);
    size_t value = open == std::string::npos ? open : text.find("value", open);
    size_t quote = value == std::string::npos ? value : text.find('"', value);
    if (close == std::string::npos || quote == std::string::npos || quote > close)
        return false;
    unsigned number = 0;
    for (quote++; quote < close && text[quote] >= '0' && text[quote] <= '9' && number < 1000; quote++)
        number = number * 10 + static_cast<unsigned>(text[quote] - '0');
    *ret_value = static_cast<uint16_t>(number);
    return true;
}

// Options of extensions cannot be resolved without their files, and say nothing to us but a decimal's digits.
template <typename Options> void drop_extensions(Options *options)
{
    auto *list = options->mutable_uninterpreted_option();
    for (int i = list->size() - 1; i >= 0; i--)
        if (list->Get(i).name_size() != 1 || list->Get(i).name(0).is_extension())
            list->DeleteSubrange(i, 1);
}

void clean_message(pb::DescriptorProto *message, const std::string &name, DecimalNotes *notes)
{
    for (pb::FieldDescriptorProto &field : *message->mutable_field()) {
        for (const pb::UninterpretedOption &option : field.options().uninterpreted_option()) {
            std::pair<uint16_t, uint16_t> digits(0, 0);
            if (find_note(option.aggregate_value(), "precision", &digits.first) |
                find_note(option.aggregate_value(), "scale", &digits.second))
                (*notes)[name + "." + field.name()] = digits;
        }
        drop_extensions(field.mutable_options());
    }
    drop_extensions(message->mutable_options());
    message->clear_extension();
    for (pb::EnumDescriptorProto &symbols : *message->mutable_enum_type()) {
        drop_extensions(symbols.mutable_options());
        for (pb::EnumValueDescriptorProto &symbol : *symbols.mutable_value())
            drop_extensions(symbol.mutable_options());
    }
    for (pb::OneofDescriptorProto &oneof : *message->mutable_oneof_decl())
        drop_extensions(oneof.mutable_options());
    for (pb::DescriptorProto &nested : *message->mutable_nested_type())
        clean_message(&nested, name + "." + nested.name(), notes);
}

void clean_file(pb::FileDescriptorProto *file, DecimalNotes *notes)
{
    file->clear_service();
    file->clear_extension();
    file->mutable_options()->Clear();
    for (pb::DescriptorProto &message : *file->mutable_message_type())
        clean_message(&message,
                      file->package().empty() ? message.name() : file->package() + "." + message.name(),
                      notes);
    for (pb::EnumDescriptorProto &symbols : *file->mutable_enum_type()) {
        drop_extensions(symbols.mutable_options());
        for (pb::EnumValueDescriptorProto &symbol : *symbols.mutable_value())
            drop_extensions(symbol.mutable_options());
    }
}

// The parser goes down with every brace: what is nested too deep never reaches it.
bool too_deep(const std::string &text)
{
    int depth = 0;
    for (char byte : text) {
        depth += byte == '{' || byte == '[' || byte == '<';
        depth -= byte == '}' || byte == ']' || byte == '>';
        if (depth > depth_max)
            return true;
    }
    return false;
}

class Loader
{
public:
    explicit Loader(tg_error *reterr) : reterr_(reterr)
    {
    }
    pb::DescriptorPool pool;
    DecimalNotes notes;

    tg_code add_text(const std::string &name, const std::string &text, int depth)
    {
        pb::FileDescriptorProto file;
        FirstError errors;
        if (text.size() > TG_PROTO_TEXT_BYTES_MAX || too_deep(text))
            return tg_fail(reterr_, TG_CODE_LIMIT,
                           "the Protobuf schema is larger than %d bytes, or nested deeper than %d levels",
                           TG_PROTO_TEXT_BYTES_MAX, depth_max);
        pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
        pb::io::Tokenizer tokenizer(&stream, &errors);
        pb::compiler::Parser parser;
        parser.RecordErrorsTo(&errors);
        if (!parser.Parse(&tokenizer, &file) || !errors.text.empty())
            return tg_fail(reterr_, TG_CODE_SYNTAX, "the Protobuf schema: %s", errors.text.c_str());
        file.set_name(name);
        return add_file(&file, depth);
    }
    tg_code add_file(pb::FileDescriptorProto *file, int depth)
    {
        FirstError errors;
        clean_file(file, &notes);
        for (const std::string &import : file->dependency())
            if (tg_code code = add_import(import, depth); code != TG_OK)
                return code;
        if (pool.BuildFileCollectingErrors(*file, &errors) == nullptr)
            return tg_fail(reterr_, TG_CODE_TYPE, "the Protobuf schema: %s", errors.text.c_str());
        return TG_OK;
    }
    // Makes the schemas that imports may name known.
    void offer(const tg_registry_schema *schema, int depth)
    {
        for (uint32_t i = 0;
             depth < depth_max && schema->referenced != nullptr && i < schema->reference_count; i++) {
            const tg_registry_schema *needed = schema->referenced[i];
            offered_[schema->references[i].name] =
                std::string(reinterpret_cast<const char *>(needed->text.data), needed->text.length);
            offer(needed, depth + 1);
        }
    }

private:
    tg_code add_import(const std::string &name, int depth)
    {
        if (pool.FindFileByName(name) != nullptr)
            return TG_OK;
        if (depth == 0)
            return tg_fail(reterr_, TG_CODE_LIMIT,
                           "the Protobuf schema's imports go deeper than %d files, or in a circle",
                           depth_max);
        auto offered = offered_.find(name);
        if (offered != offered_.end())
            return add_text(name, offered->second, depth - 1);
        auto known = known_files.find(name);
        if (known != known_files.end())
            return add_text(name, known->second, depth - 1);
        const pb::FileDescriptor *built_in = pb::DescriptorPool::generated_pool()->FindFileByName(name);
        if (built_in == nullptr)
            return tg_fail(reterr_, TG_CODE_TYPE,
                           "the Protobuf schema imports %s, which is none of its references", name.c_str());
        pb::FileDescriptorProto file;
        built_in->CopyTo(&file);
        return add_file(&file, depth - 1);
    }
    tg_error *reterr_;
    std::map<std::string, std::string> offered_;
};

class Converter
{
public:
    Converter(tg_arena *arena, const DecimalNotes *notes) : arena_(arena), notes_(notes)
    {
    }
    tg_proto_message *message(const pb::Descriptor *source)
    {
        auto found = messages_.find(source);
        if (found != messages_.end())
            return found->second;
        tg_proto_message *made = allocate<tg_proto_message>(1);
        messages_[source] = made;
        made->full_name = copy(source->full_name());
        auto known = known_messages.find(source->full_name());
        made->known = known == known_messages.end() ? TG_PROTO_ORDINARY : known->second;
        pending_.push_back(source);
        return made;
    }
    // Messages refer to each other: each is filled after it is known, so that nothing goes deep.
    bool finish()
    {
        while (!pending_.empty()) {
            const pb::Descriptor *source = pending_.back();
            pending_.pop_back();
            fill(source, messages_[source]);
            if (messages_.size() > messages_max)
                return false;
        }
        return true;
    }

private:
    template <typename T> T *allocate(int count)
    {
        return static_cast<T *>(tg_arena_alloc_zero(arena_, static_cast<size_t>(count), sizeof(T)));
    }
    const char *copy(const std::string &text)
    {
        return tg_arena_text(arena_, tg_slice_of(text.data(), text.size()));
    }
    void fill(const pb::Descriptor *source, tg_proto_message *made)
    {
        std::vector<const pb::FieldDescriptor *> fields;
        for (int i = 0; i < source->field_count(); i++)
            fields.push_back(source->field(i));
        std::sort(fields.begin(), fields.end(),
                  [](const pb::FieldDescriptor *a, const pb::FieldDescriptor *b) {
                      return a->number() < b->number();
                  });
        made->field_count = static_cast<uint32_t>(fields.size());
        made->fields = allocate<tg_proto_field>(source->field_count());
        made->declared = allocate<uint32_t>(source->field_count());
        for (size_t i = 0; i < fields.size(); i++) {
            made->declared[fields[i]->index()] = static_cast<uint32_t>(i);
            fill_field(fields[i], &made->fields[i]);
        }
        made->oneof_count = static_cast<uint32_t>(source->real_oneof_decl_count());
        made->oneofs = allocate<const char *>(source->real_oneof_decl_count());
        for (int i = 0; i < source->real_oneof_decl_count(); i++)
            made->oneofs[i] = copy(source->oneof_decl(i)->name());
        made->nested_count = static_cast<uint32_t>(source->nested_type_count());
        made->nested = allocate<tg_proto_message *>(source->nested_type_count());
        for (int i = 0; i < source->nested_type_count(); i++)
            made->nested[i] = message(source->nested_type(i));
    }
    void fill_field(const pb::FieldDescriptor *source, tg_proto_field *field)
    {
        field->name = copy(source->name());
        field->number = static_cast<uint32_t>(source->number());
        field->kind = static_cast<tg_proto_kind>(source->type());
        field->repeated = source->is_repeated();
        field->packed = source->is_packed();
        field->has_presence = source->has_presence();
        field->oneof =
            source->real_containing_oneof() == nullptr ? -1 : source->real_containing_oneof()->index();
        auto note = notes_->find(source->full_name());
        if (note != notes_->end()) {
            field->precision = note->second.first;
            field->scale = note->second.second;
        }
        if (source->message_type() != nullptr) {
            field->message = message(source->message_type());
            field->is_map = source->is_repeated() && is_entry(source->message_type());
        }
        if (source->enum_type() != nullptr)
            field->symbols = enumeration(source->enum_type());
    }
    // Map entries, and what Connect writes for maps whose values `map` cannot have.
    static bool is_entry(const pb::Descriptor *type)
    {
        if (type->options().map_entry())
            return true;
        size_t end = type->name().find_last_not_of("0123456789");
        return end != std::string::npos && end >= 4 && type->name().compare(end - 4, 5, "Entry") == 0 &&
               type->field_count() == 2 && type->field(0)->name() == "key" && type->field(0)->number() == 1 &&
               type->field(1)->name() == "value" && type->field(1)->number() == 2;
    }
    const tg_proto_enum *enumeration(const pb::EnumDescriptor *source)
    {
        auto found = enums_.find(source);
        if (found != enums_.end())
            return found->second;
        std::map<int, std::string> names;
        for (int i = 0; i < source->value_count(); i++)
            names.emplace(source->value(i)->number(), source->value(i)->name());
        tg_proto_enum *made = allocate<tg_proto_enum>(1);
        tg_proto_symbol *symbols = allocate<tg_proto_symbol>(static_cast<int>(names.size()));
        for (const auto &[number, name] : names)
            symbols[made->count++] = {number, tg_slice_text(copy(name))};
        made->symbols = symbols;
        enums_[source] = made;
        return made;
    }
    tg_arena *arena_;
    const DecimalNotes *notes_;
    std::map<const pb::Descriptor *, tg_proto_message *> messages_;
    std::map<const pb::EnumDescriptor *, const tg_proto_enum *> enums_;
    std::vector<const pb::Descriptor *> pending_;
};

// A descriptor set: all its files, the last one counts. Its bytes start with field 1, which no text does.
tg_code add_set(Loader *loader, const std::string &bytes, std::string *ret_name, tg_error *reterr)
{
    pb::FileDescriptorSet set;
    if (!set.ParseFromString(bytes) || set.file_size() == 0)
        return tg_fail(reterr, TG_CODE_SYNTAX, "the bytes are no Protobuf descriptor set");
    for (pb::FileDescriptorProto &file : *set.mutable_file()) {
        *ret_name = file.name();
        if (loader->pool.FindFileByName(file.name()) != nullptr)
            continue;
        if (tg_code code = loader->add_file(&file, depth_max); code != TG_OK)
            return code;
    }
    return TG_OK;
}

} // namespace

enum tg_code tg_proto_parse(struct tg_arena *arena, const struct tg_registry_schema *schema,
                            const struct tg_proto_file **ret_file, struct tg_error *reterr)
{
    pb::LogSilencer silencer; // what is wrong is in the error
    Loader loader(reterr);
    std::string text(reinterpret_cast<const char *>(schema->text.data), schema->text.length);
    std::string name = "";
    loader.offer(schema, 0);
    bool is_set = !text.empty() && text[0] == '\n' && text.find('\0') != std::string::npos;
    tg_code code = is_set ? add_set(&loader, text, &name, reterr) : loader.add_text(name, text, depth_max);
    if (code != TG_OK)
        return code;
    const pb::FileDescriptor *source = loader.pool.FindFileByName(name);
    tg_proto_file *file = static_cast<tg_proto_file *>(tg_arena_alloc_zero(arena, 1, sizeof *file));
    Converter converter(arena, &loader.notes);
    file->message_count = static_cast<uint32_t>(source->message_type_count());
    file->messages = static_cast<tg_proto_message **>(
        tg_arena_alloc_zero(arena, file->message_count, sizeof *file->messages));
    for (int i = 0; i < source->message_type_count(); i++)
        file->messages[i] = converter.message(source->message_type(i));
    if (!converter.finish())
        return tg_fail(reterr, TG_CODE_LIMIT, "the Protobuf schema has more than %d messages", messages_max);
    if (file->message_count == 0)
        return tg_fail(reterr, TG_CODE_TYPE, "the Protobuf schema has no message");
    *ret_file = file;
    return TG_OK;
}
