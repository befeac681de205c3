// docs/bad-input.md names a test for each class of bad input: each of them exists, and so does each counter.
#include "topology/counters.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace
{

namespace fs = std::filesystem;

const fs::path root = TG_SOURCE_DIR;

std::string text_of(const fs::path &path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// "Suite.Test" of all test programs, "file.py case" of the integration tests.
std::set<std::string> existing_tests()
{
    std::set<std::string> tests;
    const std::regex unit(R"(TEST(?:_F|_P)?\((\w+), (\w+)\))"), function(R"(\ndef (\w+)\(broker\))");
    for (const fs::directory_entry &folder : fs::directory_iterator(root)) {
        const fs::path path = folder.path() / "tests";
        if (!fs::is_directory(path))
            continue;
        for (const fs::directory_entry &file : fs::directory_iterator(path)) {
            const std::string text = text_of(file.path());
            for (std::sregex_iterator at(text.begin(), text.end(), unit), end; at != end; ++at)
                tests.insert((*at)[1].str() + "." + (*at)[2].str());
        }
    }
    for (const fs::directory_entry &file : fs::directory_iterator(root / "integration-tests")) {
        const std::string text = text_of(file.path());
        if (file.path().extension() != ".py")
            continue;
        for (std::sregex_iterator at(text.begin(), text.end(), function), end; at != end; ++at)
            tests.insert(file.path().filename().string() + " " + (*at)[1].str());
    }
    return tests;
}

std::set<std::string> counters()
{
    return {
#define X(field, name, meaning) name,
        TG_COUNTER_LIST(X)
#undef X
    };
}

TEST(BadInputPage, NamesTestsAndCountersThatExist)
{
    const std::set<std::string> tests = existing_tests(), names = counters();
    std::istringstream page(text_of(root / "docs/bad-input.md"));
    const std::regex row(R"(\| [^|]+ \| [^|]+ \|([^|]*)\| `([^`]+)` \|)"), word(R"([\w-]+)");
    int classes = 0;
    for (std::string line; std::getline(page, line);) {
        std::smatch match;
        if (!std::regex_match(line, match, row))
            continue;
        classes++;
        EXPECT_EQ(tests.count(match[2]), 1u) << "no such test: " << line;
        const std::string listed = match[1];
        for (std::sregex_iterator at(listed.begin(), listed.end(), word), end; at != end; ++at)
            EXPECT_EQ(names.count(at->str()), 1u) << "no such counter: " << line;
    }
    EXPECT_GE(classes, 80);
}

} // namespace
