// The statements of ksqlDB's own functional tests parse and reach the formatter's fixpoint. They are read
// where they are: in TURGO_QTT_DIR, or qtt beside the checkout in a folder "shared"; skipped where there are
// none.
#include <gtest/gtest.h>

#include <dirent.h>
#include <jansson.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "sql/tests/statements.hpp"

namespace
{

std::string suite_folder()
{
    const char *named = getenv("TURGO_QTT_DIR");
    return (named != nullptr ? named : TG_SOURCE_DIR "/../shared/qtt") +
           std::string("/query-validation-tests");
}

std::vector<std::string> files_in(const std::string &folder)
{
    std::vector<std::string> files;
    DIR *directory = opendir(folder.c_str());
    if (directory == nullptr)
        return files;
    while (const dirent *entry = readdir(directory)) {
        std::string name = entry->d_name;
        if (name.size() > 5 && name.substr(name.size() - 5) == ".json")
            files.push_back(folder + "/" + name);
    }
    closedir(directory);
    std::sort(files.begin(), files.end());
    return files;
}

/* Without the comment lines that some files have. */
std::string read_json_text(const std::string &path)
{
    std::ifstream file(path);
    std::string text, line;
    while (std::getline(file, line)) {
        size_t start = line.find_first_not_of(" \t");
        if (start == std::string::npos || line.compare(start, 2, "//") != 0)
            text += line + "\n";
    }
    return text;
}

std::string join_statements(const json_t *test)
{
    std::string sql;
    const json_t *statements = json_object_get(test, "statements");
    for (size_t i = 0; i < json_array_size(statements); i++)
        sql += std::string(json_string_value(json_array_get(statements, i))) + "\n";
    return sql;
}

void check(const std::string &name, const std::string &sql)
{
    Parsed first(sql);
    EXPECT_EQ(first.code, TG_OK) << name << ": " << first.error.message << "\n" << sql;
    if (first.code != TG_OK)
        return;
    Parsed second(first.format());
    EXPECT_EQ(second.code, TG_OK) << name << ": " << second.error.message << "\n" << first.format();
    EXPECT_EQ(second.format(), first.format()) << name;
}

TEST(QueryValidationTests, ParseAndReachTheFixpoint)
{
    std::vector<std::string> files = files_in(suite_folder());
    if (files.empty())
        GTEST_SKIP() << "no test files in " << suite_folder() << "; TURGO_QTT_DIR can name the folder above";
    size_t checked = 0;
    for (const std::string &path : files) {
        json_error_t error;
        json_t *root = json_loads(read_json_text(path).c_str(), 0, &error);
        ASSERT_NE(root, nullptr) << path << ":" << error.line << ": " << error.text;
        const json_t *tests = json_object_get(root, "tests");
        for (size_t i = 0; i < json_array_size(tests); i++) {
            const json_t *test = json_array_get(tests, i);
            if (json_object_get(test, "expectedException") != nullptr)
                continue;
            check(path + ": " + json_string_value(json_object_get(test, "name")), join_statements(test));
            checked++;
        }
        json_decref(root);
    }
    EXPECT_GT(checked, 1000u);
}

} // namespace
